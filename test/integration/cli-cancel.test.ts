import { describe, expect, it } from 'vitest'
import { dq, dqJson } from '../helpers/cli.ts'
import { type Workbench, workbench } from '../helpers/workbench.ts'

/** 300 pending mails, and in `images` 3 pending, 2 scheduled and 1 running image. */
async function aDesk(): Promise<Workbench> {
  const bench = await workbench()
  const { client } = bench
  const running = await client.enqueue('image', 0, { queue: 'images', id: 'running' })
  await bench.work(
    {
      image: (_, { signal }) =>
        new Promise((__, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    },
    { queues: ['images'], concurrency: 1, leaseMs: 60_000 },
  )
  await bench.untilState(running.id, 'active')
  await client.enqueueMany(Array.from({ length: 300 }, (_, i) => ({ type: 'mail', payload: i, queue: 'mails' })))
  await client.enqueueMany(Array.from({ length: 3 }, (_, i) => ({ type: 'image', payload: i, queue: 'images' })))
  for (let i = 0; i < 2; i++) await client.enqueue('image', i, { queue: 'images', delay: 60_000 })
  return bench
}

interface Places {
  readonly pending: number
  readonly scheduled: number
  readonly active: number
}

/** What the listings show: entries of cancelled tasks that are still in line do not count. */
async function places({ client }: Workbench): Promise<Record<string, Places>> {
  const { inspector } = client
  const one = async (queue: string): Promise<[string, Places]> => {
    const [pending, scheduled, active] = await Promise.all(
      (['pending', 'scheduled', 'active'] as const).map(
        async (state) => (await inspector.tasks(queue, state, { limit: 500 })).items.length,
      ),
    )
    return [queue, { pending: pending!, scheduled: scheduled!, active: active! }]
  }
  return Object.fromEntries(await Promise.all((await inspector.queueNames()).map(one)))
}

const BEFORE = {
  mails: { pending: 300, scheduled: 0, active: 0 },
  images: { pending: 3, scheduled: 2, active: 1 },
}

describe('dq cancel with a filter', () => {
  it('counts with --dry-run and changes nothing', async () => {
    const bench = await aDesk()
    const { code, out } = await dq(bench, ['cancel', '--all', '--dry-run'])
    expect([code, out]).toEqual([0, 'would cancel 306 tasks in images, mails, 1 of them running'])
    expect(await dqJson(bench, ['cancel', '--all', '--dry-run', '--state', 'scheduled'])).toEqual({
      dry_run: true,
      matched: 2,
      running: 0,
    })
    expect(await places(bench)).toEqual(BEFORE)
  })

  it('cancels all tasks of a queue, more than one call of them, and leaves other queues alone', async () => {
    const bench = await aDesk()
    const { code, out } = await dq(bench, ['cancel', '--all', '--queue', 'mails', '--yes'])
    expect([code, out]).toEqual([0, 'cancelled 300 tasks in mails'])
    expect(await places(bench)).toEqual({ ...BEFORE, mails: { pending: 0, scheduled: 0, active: 0 } })
  })

  it('cancels by type and by state', async () => {
    const bench = await aDesk()
    expect(await dqJson(bench, ['cancel', '--all', '--type', 'image', '--state', 'pending', '--yes'])).toEqual({
      dry_run: false,
      matched: 3,
      cancelled: 3,
      requested: 0,
      final: 0,
      not_found: 0,
    })
    expect(await places(bench)).toEqual({ ...BEFORE, images: { pending: 0, scheduled: 2, active: 1 } })
  })

  it('asks running tasks to stop, which they do', async () => {
    const bench = await aDesk()
    const { out } = await dq(bench, ['cancel', '--all', '--queue', 'images', '--yes'])
    expect(out).toBe('cancelled 5 tasks in images\nasked 1 running task to stop')
    await bench.untilState('running', 'cancelled')
    expect((await places(bench))['images']).toEqual({ pending: 0, scheduled: 0, active: 0 })
  })

  it('leaves what is enqueued while it works', async () => {
    const bench = await aDesk()
    const over = new AbortController()
    const done = dq(bench, ['cancel', '--all', '--queue', 'mails', '--yes']).finally(() => over.abort())
    let last = ''
    while (!over.signal.aborted) last = (await bench.client.enqueue('mail', 'late', { queue: 'mails' })).id
    expect((await done).out).toMatch(/^cancelled 3\d\d tasks in mails$/)
    expect((await bench.client.getTask(last))?.state).toBe('pending')
  })

  it('asks on a terminal, with the count and where, and takes no for an answer', async () => {
    const bench = await aDesk()
    const no = await dq(bench, ['cancel', '--all', '--queue', 'images'], { input: 'n\n', columns: 80 })
    expect(no.code).toBe(1)
    expect(no.err).toContain('Cancel 6 tasks in images, 1 of them running? [y/N]')
    expect(no.err).toContain('nothing was done')
    expect(await places(bench)).toEqual(BEFORE)
  })

  it('finds nothing to do where nothing matches', async () => {
    const bench = await aDesk()
    const { code, out } = await dq(bench, ['cancel', '--all', '--type', 'nothing', '--yes'])
    expect([code, out]).toEqual([0, 'cancelled 0 tasks'])
  })

  it.each<[string, string[], RegExp]>([
    ['neither ids nor --all', [], /^dq: say which tasks: ids, or --all/],
    ['a filter without --all', ['--type', 'mail'], /^dq: say which tasks: ids, or --all/],
    ['ids and --all', ['a', '--all'], /^dq: give ids, or --all with a filter, not both$/],
    ['ids and a filter', ['a', '--state', 'pending'], /^dq: give ids, or --all with a filter, not both$/],
    ['a state that is final', ['--all', '--state', 'dead'], /^dq: there is no state 'dead'/],
    ['nobody to ask', ['--all'], /^dq: there is no terminal to confirm this on; add --yes/],
    ['an unknown queue', ['--all', '--queue', 'mail', '--yes'], /^dq: there is no queue 'mail'/],
  ])('is refused in one line for %s', async (_, args, message) => {
    const bench = await workbench()
    await bench.client.enqueue('mail', {}, { queue: 'mails' })
    const { code, err, out } = await dq(bench, ['cancel', ...args])
    expect(err).toMatch(message)
    expect([err.split('\n').length, out]).toEqual([1, ''])
    expect(code).toBeGreaterThan(0)
    expect((await places(bench))['mails']!.pending).toBe(1)
  })
})
