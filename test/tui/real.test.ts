import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Discard } from '../../src/core/errors.ts'
import { until } from '../helpers/until.ts'
import { workbench } from '../helpers/workbench.ts'
import { live } from './harness/live.ts'

const PAUSE_MS = 3_600_000

it('the audit of all queues is one list, newest first, bounded by what is asked for', async () => {
  const { client } = await workbench()
  for (const queue of ['a', 'b']) await client.enqueue('mail', {}, { queue })
  await client.operator.pause('a')
  await client.operator.pause('b')
  await client.operator.resume('a')
  const all = await client.inspector.audit()
  // Two of the same millisecond have no order between queues.
  expect(all.map(({ action, queue, count }) => `${action} ${queue} ${count}`).toSorted()).toEqual([
    'pause a 1',
    'pause b 1',
    'resume a 1',
  ])
  expect(all.map(({ atMs }) => atMs)).toEqual(all.map(({ atMs }) => atMs).toSorted((x, y) => y - x))
  expect(await client.inspector.audit({ queues: ['b'] })).toMatchObject([{ action: 'pause', queue: 'b' }])
  expect(await client.inspector.audit({ queues: ['a'], limit: 1 })).toMatchObject([{ action: 'resume' }])
})

it('dead tasks are found by payload over all pages, and only those are replayed', async () => {
  const { client, work, untilSeen, url, namespace } = await workbench()
  await work(
    {
      mail: async (_payload, { id }) => {
        throw new Error(id.endsWith('7') ? 'SMTP 421 timeout' : 'no such user')
      },
    },
    { maxRetries: 0 },
  )
  await client.enqueueMany(
    Array.from({ length: 60 }, (_, n) => ({ type: 'mail', id: `m${n}`, payload: { user: { id: n % 3 } } })),
  )
  await untilSeen('task.dead', 60)
  await client.operator.pause('default')
  const top = await live(url, namespace)
  top.press('4', '/')
  top.type('err~421 payload.user.id:1')
  top.press('Enter')
  // m7 and m37: of the six that died of it, those of user 1.
  expect(await top.read()).toContain('2 of 60 match')
  top.press('*', 'R', 'y')
  expect(await top.read()).toContain('replayed 2 tasks')
  const back = await client.inspector.tasks('default', 'pending')
  expect(back.items.map(({ id }) => id).toSorted()).toEqual(['m37', 'm7'])
  top.press('8')
  expect(await top.read()).toMatch(/replay +default +2 dq-top:anna@ops/)
})

it('everything that matches is replayed from beyond the screen, and what died later is not', async () => {
  const { client, work, untilSeen, url, namespace } = await workbench()
  await work(
    {
      mail: async () => {
        throw new Error('SMTP 421 timeout')
      },
    },
    { maxRetries: 0 },
  )
  const items = (from: number) =>
    Array.from({ length: 150 }, (_, n) => ({ type: 'mail', id: `m${from + n}`, payload: {} }))
  await client.enqueueMany(items(0))
  await untilSeen('task.dead', 150)
  const top = await live(url, namespace)
  top.press('4')
  await top.read()
  top.press('*')
  await client.enqueueMany([{ type: 'mail', id: 'later', payload: {} }])
  await untilSeen('task.dead', 151)
  await client.operator.pause('default')
  top.press('R')
  expect(await top.read()).toContain('Type  replay 150  to go on')
  top.type('replay 150')
  top.press('Enter')
  await until(async () => (await top.read()).includes('replayed 150 tasks'), { what: 'the operation to be through' })
  expect((await client.inspector.tasks('default', 'dead')).items.map(({ id }) => id)).toEqual(['later'])
})

it('delayed tasks of all queues are one list, and those chosen are cancelled', async () => {
  const { client, url, namespace } = await workbench()
  const at = (queue: string, n: number) =>
    client.enqueue('mail', {}, { queue, id: `${queue}${n}`, delay: PAUSE_MS + n })
  await Promise.all([at('a', 3_000), at('b', 2_000), at('a', 1_000), at('b', 4_000)])
  const top = await live(url, namespace)
  top.press('7')
  const screen = await top.read()
  expect(screen.match(/\b[ab][1-4]000\b/g)?.slice(0, 4)).toEqual(['a1000', 'b2000', 'a3000', 'b4000'])
  top.press(' ', ' ', 'D')
  top.type('cancel 2')
  top.press('Enter')
  expect(await top.read()).toContain('cancelled 2 tasks')
  expect(await client.inspector.task('a1000', 'a')).toMatchObject({ state: 'cancelled' })
  expect((await top.read()).match(/\b[ab][1-4]000\b/g)?.slice(0, 2)).toEqual(['a3000', 'b4000'])
})

it('one queue shows its tasks in every state', async () => {
  const { client, work, untilSeen, url, namespace } = await workbench()
  await client.enqueueMany([
    { type: 'good', id: 'done', payload: {} },
    { type: 'bad', id: 'gone', payload: {} },
    { type: 'slow', id: 'busy', payload: {} },
    { type: 'good', id: 'later', payload: {}, delay: PAUSE_MS },
  ])
  await client.enqueue('good', {}, { id: 'child', dependsOn: ['later'] })
  let end = (): void => {}
  const ended = new Promise<void>((resolve) => (end = resolve))
  await work(
    {
      good: async () => 'fine',
      bad: async () => {
        throw new Error('no')
      },
      slow: async () => ended,
    },
    { maxRetries: 0 },
  )
  await untilSeen('task.completed')
  await untilSeen('task.dead')
  await untilSeen('task.started', 3)
  await client.operator.pause('default')
  await client.enqueue('good', {}, { id: 'waits' })
  const top = await live(url, namespace)
  top.press('2', 'Enter')
  for (const [id, state] of [
    ['waits', 'pending 1'],
    ['later', 'delayed 1'],
    ['child', 'waiting 1'],
    ['busy', 'active 1'],
    ['done', 'finished 1'],
    ['gone', 'dead 1'],
  ] as const) {
    const screen = await top.read()
    expect(screen).toContain(`[${state}]`)
    expect(screen).toMatch(new RegExp(`> +${id} `))
    top.press('l')
  }
  end()
  await untilSeen('task.completed', 2)
})

it('a type that nobody has a handler for is found, with the queue it waits in', async () => {
  const { client, work, url, namespace } = await workbench()
  await work({ good: async () => 'fine' }, { queues: ['default'], upkeep: true })
  await client.operator.pause('default')
  await client.enqueue('strange', {})
  const top = await live(url, namespace)
  await top.read()
  expect(await top.read()).toContain('no worker of default knows the type strange')
  top.press('Enter')
  expect(await top.read()).toMatch(/Queue default PAUSED pending +1 of 1 match.*filter: type:"strange"/)
})

it('on prod a purge of many is on file before it begins, and the audit has the reason that was asked for', async () => {
  const { client, work, untilSeen, url, namespace } = await workbench()
  await work({ mail: () => Promise.reject(new Discard('no such address')) }, { concurrency: 50 })
  await client.enqueueMany(Array.from({ length: 120 }, (_, n) => ({ type: 'mail', id: `m${n}`, payload: { n } })))
  await untilSeen('task.dead', 120)
  const top = await live(url, namespace, { isProd: true })
  top.type(':write')
  top.press('Enter')
  expect(top.screen()).toContain('why? :write reason')
  top.type(' INC-42')
  top.press('Enter', '4')
  await top.read()
  top.press('X')
  expect(await top.read()).toContain('each is written to a file first (JSONL); b: no file')
  top.type('purge 120')
  top.press('Enter')
  await until(async () => (await top.read()).includes('deleted 120 tasks'), { what: 'the operation to be through' })
  const [name, ...more] = await readdir(top.folder)
  expect(more).toEqual([])
  const lines = (await readFile(join(top.folder, name!), 'utf8')).trimEnd().split('\n')
  const tasks = lines.map((line) => JSON.parse(line) as { id: string; payload: { n: number }; error: unknown })
  expect(new Set(tasks.map(({ id }) => id)).size).toBe(120)
  for (const { id, payload, error } of tasks) {
    expect(id).toBe(`m${payload.n}`)
    expect(error).toMatchObject({ reason: 'discarded', message: 'no such address' })
  }
  const audit = await client.inspector.audit()
  expect(audit.map(({ action, by }) => `${action} ${by}`)).toEqual([
    'purge dq-top:anna@ops (INC-42)',
    'begin dq-top:anna@ops (INC-42)',
  ])
})
