import { describe, expect, it } from 'vitest'
import { queueToWire, taskToWire } from '../../src/core/wire.ts'
import { dq, dqJson, type Place } from '../helpers/cli.ts'
import { gate, type Workbench, workbench } from '../helpers/workbench.ts'

const bothOf = async (place: Place, args: string[]): Promise<{ code: number | null; said: string }> => {
  const { code, out, err } = await dq(place, args)
  return { code, said: [out, err].filter(Boolean).join('\n') }
}

describe('dq get', () => {
  it('shows a task as the library has it', async () => {
    const bench = await workbench()
    const { id } = await bench.client.enqueue('a', { text: 'hi' }, { maxRetries: 2 })
    const info = (await bench.client.getTask(id))!
    expect(await dqJson(bench, ['get', id])).toEqual(JSON.parse(JSON.stringify(taskToWire(info))))
    const { code, out } = await dq(bench, ['get', id])
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^id +1.*\ntype +a\n[^]*attempt +0 \(at most 2 retries\)[^]*"text": "hi"/),
    ])
  })

  it('shows nothing raw, whatever a handler threw', async () => {
    const bench = await workbench()
    await bench.work({
      a: () => {
        throw new Error('\x1b[31mred \u202etxt\x07')
      },
    })
    const { id } = await bench.client.enqueue('a', { '\x1b]0;title\x07': '\u200b' }, { maxRetries: 0 })
    await bench.untilState(id, 'dead')
    for (const args of [
      ['get', id],
      ['get', id, '--json'],
      ['dlq', 'list'],
      ['list', '--state', 'dead', '--json'],
    ]) {
      const { code, out } = await dq(bench, args)
      expect(code).toBe(0)
      expect(out).toMatch(args.includes('--json') ? /\\u001b\[31mred \\u202etxt\\u0007/ : /\\e\[31mred \\u202etxt\\x07/)
      expect(out).not.toMatch(/[^\P{C}\n]/u)
    }
  })

  it('ends with 1 when nobody knows the id', async () => {
    const bench = await workbench()
    const said = 'dq: no queue knows task nope, or its record is no longer kept'
    expect(await bothOf(bench, ['get', 'nope'])).toEqual({ code: 1, said })
  })
})

describe('dq cancel', () => {
  it('cancels what has not ended, asks what runs to stop, and says what it could not do', async () => {
    const bench = await workbench()
    const { promise, open } = gate()
    await bench.work({ slow: () => promise }, { queues: ['busy'] })
    await bench.client.enqueue('slow', 1, { id: 'running', queue: 'busy' })
    await bench.untilSeen('task.started')
    await bench.client.enqueue('a', 1, { id: 'waiting' })
    const { code, said } = await bothOf(bench, ['cancel', 'waiting', 'running', 'nope'])
    expect([code, said]).toEqual([1, 'waiting cancelled\nrunning runs now and is asked to stop\nnope is not known'])
    expect((await bench.client.getTask('waiting'))?.state).toBe('cancelled')
    expect((await bench.client.getTask('running'))?.cancelRequested).toBe(true)
    open()
    expect(await bothOf(bench, ['cancel', 'waiting'])).toEqual({ code: 1, said: 'waiting had ended already' })
  })
})

describe('dq list', () => {
  const fill = async (bench: Workbench): Promise<void> => {
    for (const queue of ['one', 'two'])
      await bench.client.enqueueMany(
        Array.from({ length: 3 }, (_, n) => ({ type: n === 1 ? 'b' : 'a', payload: n, queue, id: `${queue}${n}` })),
      )
  }

  it('pages over all queues, each task once', async () => {
    const bench = await workbench()
    await fill(bench)
    const seen: string[] = []
    let cursor: string | null = ''
    for (let pages = 0; cursor !== null && pages < 10; pages++) {
      const from = cursor === '' ? [] : ['--cursor', cursor]
      const page: { items: { id: string }[]; next_cursor: string | null } = await dqJson(bench, [
        'list',
        '--limit',
        '2',
        ...from,
      ])
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.next_cursor
    }
    expect(seen.toSorted()).toEqual(['one0', 'one1', 'one2', 'two0', 'two1', 'two2'])
    expect(seen.slice(0, 3).every((id) => id.startsWith('one'))).toBe(true)
    expect((await dq(bench, ['list', '--type', 'b', '--queue', 'two'])).out).toContain('two1')
  })

  it('says where tasks are when there are none of that state, and which queues there are', async () => {
    const bench = await workbench()
    await fill(bench)
    const said = 'no dead tasks; there are 6 pending: choose with --state'
    expect(await bothOf(bench, ['list', '--state', 'dead'])).toEqual({ code: 0, said })
    expect(await bothOf(bench, ['list', '--queue', 'tow'])).toEqual({
      code: 1,
      said: "dq: there is no queue 'tow'; did you mean two?",
    })
    expect((await bothOf(bench, ['list', '--cursor', 'rubbish'])).code).toBe(2)
  })
})

describe('dq queues, stats, leases, workers and verify', () => {
  it('show what the library sees', async () => {
    const bench = await workbench()
    const { promise, open } = gate()
    await bench.work({ slow: () => promise })
    await bench.client.enqueueMany([{ type: 'slow', payload: 1, id: 's1' }])
    await bench.client.enqueue('later', 1, { delay: '1h' })
    await bench.untilSeen('task.started')
    const [queue] = await bench.client.inspector.snapshot()
    const { rates: _, oldest_pending_ms: __, ...shown } = queueToWire(queue!)
    expect(await dqJson(bench, ['queues'])).toMatchObject([JSON.parse(JSON.stringify(shown))])
    expect(await dqJson(bench, ['stats'])).toMatchObject({
      totals: { enqueued: 2, dequeued: 1 },
      ledger: { ok: true, drift: [] },
    })
    expect(await dqJson(bench, ['leases'])).toMatchObject([{ id: 's1', queue: 'default', attempt: 1 }])
    expect(await dqJson(bench, ['workers'])).toEqual([])
    expect((await dq(bench, ['stats'])).out).toMatch(/^QUEUE .*\ndefault +running [^]*\nbooks +balanced$/)
    open()
  })

  it('tell when the books do not balance, and which task is lost', async () => {
    const bench = await workbench()
    await bench.client.enqueue('a', 1, { id: 'lost' })
    expect(await bothOf(bench, ['verify', '--deep'])).toEqual({
      code: 0,
      said: 'default: the books balance, 1 task looked at one by one',
    })
    await bench.redis.call('RPOP', bench.keys.pending_default)
    const { code, said } = await bothOf(bench, ['verify', '--deep'])
    expect(code).toBe(1)
    expect(said).toMatch(/default: the books do NOT balance[^]*1 tasks, but 0 places[^]*task lost is nowhere/)
    expect(await dq(bench, ['verify', '--json'])).toMatchObject({ code: 1, out: expect.stringContaining('"ok":false') })
    await bench.redis.call('RPUSH', bench.keys.pending_default, 'lost')
  })
})

describe('dq pause and resume', () => {
  it('stop and start one queue, or all', async () => {
    const bench = await workbench()
    for (const queue of ['one', 'two']) await bench.client.enqueue('a', 1, { queue })
    expect(await bothOf(bench, ['pause', 'one'])).toEqual({ code: 0, said: 'one paused' })
    expect(await bothOf(bench, ['pause', '--all'])).toEqual({ code: 0, said: 'one was paused already\ntwo paused' })
    expect((await bench.client.inspector.snapshot()).map(({ paused }) => paused?.by.startsWith('dq:'))).toEqual([
      true,
      true,
    ])
    expect(await dqJson(bench, ['resume', '--all'])).toEqual([
      { queue: 'one', outcome: 'resumed' },
      { queue: 'two', outcome: 'resumed' },
    ])
    expect(await bothOf(bench, ['pause', 'oen'])).toEqual({
      code: 1,
      said: "dq: there is no queue 'oen'; did you mean one?",
    })
    expect((await bothOf(bench, ['pause'])).code).toBe(2)
  })
})

describe('dq schedule', () => {
  it('adds, lists and removes schedules; the same twice is one', async () => {
    const bench = await workbench()
    const add = ['schedule', 'add', '*/5 * * * *', 'report', '{"month":1}', '--tz', 'Europe/Berlin', '--queue', 'slow']
    const first = await dqJson<{ name: string; next_run_at: string }>(bench, add)
    const again = await dqJson<{ name: string }>(bench, add)
    expect(again.name).toBe(first.name)
    expect(Date.parse(first.next_run_at) % 300_000).toBe(0)
    expect(await dqJson(bench, ['schedule', 'list'])).toMatchObject([
      {
        name: first.name,
        spec: '*/5 * * * *',
        time_zone: 'Europe/Berlin',
        type: 'report',
        queue: 'slow',
        payload: { month: 1 },
      },
    ])
    const policies = ['--missed', 'skip', '--overlap', 'skip', '--jitter', '30s', '--end', '2200-01-01T00:00:00Z']
    await dqJson(bench, [...add, '--name', 'all', ...policies])
    expect(await dqJson(bench, ['schedule', 'disable', 'all'])).toMatchObject({ enabled: false, jitter_ms: 30_000 })
    expect((await bothOf(bench, ['schedule', 'list'])).said).toMatch(/all .* disabled/)
    const { id } = await dqJson<{ id: string }>(bench, ['schedule', 'trigger', 'all'])
    expect(await bothOf(bench, ['schedule', 'trigger', 'all'])).toMatchObject({
      code: 1,
      said: expect.stringContaining(`a run of all goes on: task ${id}`),
    })
    expect((await bothOf(bench, ['schedule', 'show', 'all'])).said).toMatch(
      /enqueues +report into slow[\s\S]*overlap +skip\n[\s\S]*triggered +all:t\d+ +pending/,
    )
    expect((await bothOf(bench, ['schedule', 'enable', 'all'])).said).toMatch(/^all fires next at /)
    expect((await bothOf(bench, ['schedule', 'trigger', 'nobody'])).code).toBe(1)
    await dqJson(bench, ['schedule', 'rm', 'all'])
    expect(await bothOf(bench, ['schedule', 'rm', first.name])).toEqual({ code: 0, said: `removed ${first.name}` })
    expect((await bothOf(bench, ['schedule', 'rm', first.name])).code).toBe(1)
    const bad = await bothOf(bench, ['schedule', 'add', '* * *', 'report'])
    expect([bad.code, bad.said]).toEqual([2, expect.stringContaining("'* * *' is not a schedule: it has 3 fields")])
  })
})
