import { beforeEach, expect, test } from 'vitest'
import { aTask, LEASE_MS, openQueue, tasksNamed, type TestQueue } from '../../helpers/engine.ts'
import { child, flow, forwardAll } from '../../helpers/flows.ts'
import { messagesOf } from '../../helpers/nudges.ts'

let q: TestQueue
beforeEach(async () => {
  q = await openQueue()
})

const cancel = (...ids: string[]) => q.run('cancel', { ids })

test('a pending task is cancelled at once; its entry stays in line as a ghost', async () => {
  await q.enqueue(aTask('a', { own: true, idempotencyKey: 'k' }), aTask('b'))
  expect(await q.changes(() => cancel('a'))).toMatchInlineSnapshot(`
    "answer: "=c"
    audit: [] → [cancel me 1 a]
    completed: +a=T+86400000
    counters: +cancelled:mail=1
    ghosts: +a=1
    idem:E_vXnD05Dl1lhaIeEf9ewZcM_ww: -lives -value
    op:c: +2=2 =c
    results: +a={"t":"mail","s":"cancelled","f":T+0}
    tasks: -a
    tombs: +a=T+86400000#880953"
  `)
  expect(await q.changes(() => cancel('a'))).toMatchInlineSnapshot(`
    "answer: "=f"
    op:c: +3=3 =f"
  `)
  expect(await q.claimIds()).toEqual(['b'])
  await q.expectSound()
})

test('a scheduled task of any priority leaves the schedule, without a ghost', async () => {
  const priorities = ['high', 'default', 'low'] as const
  await q.enqueue(...priorities.map((priority) => aTask(priority, { priority, when: 'in', timeMs: 1_000 })))
  expect(await q.changes(() => cancel(...priorities))).toMatchInlineSnapshot(`
    "answer: "=c"
    audit: [] → [cancel me 3 high]
    completed: +default=T+86400000 +high=T+86400000 +low=T+86400000
    counters: +cancelled:mail=3
    op:c: +2=2 =c
    results: +default={"t":"mail","s":"cancelled","f":T+0} +high={"t":"mail","s":"cancelled","f":T+0} +low={"t":"mail","s":"cancelled","f":T+0}
    scheduled: -ddefault -hhigh -llow
    tasks: -default -high -low"
  `)
  await q.expectSound()
})

test('a task that waits for its next attempt is cancelled, and its failures are forgotten', async () => {
  await q.enqueue(...tasksNamed('a'))
  await q.claim()
  await q.fail({ nonce: '1-r', id: 'a' })
  expect(await q.changes(() => cancel('a'))).toMatchInlineSnapshot(`
    "answer: "=c"
    attempts: -a
    audit: [] → [cancel me 1 a]
    completed: +a=T+86400000
    counters: +cancelled:mail=1
    failures: -a
    op:c: +4=4 =c
    results: +a={"t":"mail","s":"cancelled","f":T+0}
    scheduled: -da
    tasks: -a"
  `)
  await q.expectSound()
})

test('an active task is only marked, for its worker to stop', async () => {
  await q.enqueue(...tasksNamed('a'))
  await q.claim()
  expect(await q.changes(() => cancel('a'))).toMatchInlineSnapshot(`
    "answer: "=m"
    audit: [] → [cancel me 1 a]
    cancels: +a=T+0
    op:c: +3=3 =m"
  `)
  expect(await cancel('a')).toBe('=m')
  await q.expectSound()
})

test('the holder of an active task is told, once per call and grant, and not again when the call is repeated', async () => {
  await q.enqueue(...tasksNamed('a', 'b', 'c', 'd'))
  await q.claim({ want: 2 })
  await q.claim({ want: 1 })
  expect(await messagesOf(q, q.keys.cancels, () => cancel('a', 'b', 'c', 'd'))).toEqual(['1-r', '2-r'])
  await q.expectSound()
})

test('a task whose worker died is cancelled before another one gets it', async () => {
  await q.enqueue(...tasksNamed('a'))
  await q.claim()
  q.nowMs += LEASE_MS
  await q.run('reap')
  expect(await q.changes(() => cancel('a'))).toMatchInlineSnapshot(`
    "answer: "=c"
    attempts: -a
    audit: [] → [cancel me 1 a]
    completed: +a=T+86430000
    counters: +cancelled:mail=1
    ghosts: +a=1
    op:c: +3=3 =c
    reaped: -a
    results: +a={"t":"mail","s":"cancelled","f":T+30000}
    tasks: -a"
  `)
  await q.expectSound()
})

test('what is dead, in the trash, completed or cancelled is final', async () => {
  await q.kill(...tasksNamed('dead', 'purged'))
  await q.run('purge', { ids: ['purged'] })
  await q.enqueue(...tasksNamed('done', 'gone'))
  await q.claim()
  await q.complete({ nonce: '2-r', ids: ['done'], record: '{}' })
  await q.release({ nonce: '2-r', id: 'gone' })
  await cancel('gone')
  expect(await q.changes(() => cancel('dead', 'purged', 'done', 'gone'))).toMatchInlineSnapshot(`
    "answer: "=f"
    op:c: +10=10 =f"
  `)
  await q.expectSound()
})

test('one call answers for each id, also for those nobody knows, and is one line of the audit', async () => {
  await q.enqueue(...tasksNamed('a', 'b', 'c'))
  await q.claim({ want: 1 })
  const broker = q.broker()
  expect(await broker.cancel('q', ['a', 'b', 'nobody', 'b', 'c'], 'you')).toEqual([
    'requested',
    'cancelled',
    'not_found',
    'final',
    'cancelled',
  ])
  expect((await q.state())['audit']).toEqual(['cancel you 3 a'])
  await q.expectSound()
})

test('no record is kept when records are not wanted', async () => {
  await q.enqueue(...tasksNamed('a'))
  await q.run('cancel', { ids: ['a'], resultTtlMs: 0 })
  expect(Object.keys(await q.state())).not.toContain('results')
  expect(await cancel('a')).toBe('=n')
  await q.expectSound()
})

test('a blocked task is cancelled, and what waits for it hears of that', async () => {
  await flow(q, [aTask('a'), child('b', ['a']), child('c', ['b'])])
  expect(await q.changes(() => cancel('b'))).toMatchInlineSnapshot(`
    "answer: "=c"
    audit: [] → [cancel me 1 b]
    blocked: -b
    completed: +b=T+86400000
    counters: +cancelled:mail=1
    kept: +b={"t":"mail","s":"cancelled","f":T+0}
    meta: +facts=1
    op:c: +2=2 =c
    outbox: +b=gone 0 1
    results: +b={"t":"mail","s":"cancelled","f":T+0}
    tasks: -b"
  `)
  await forwardAll(q)
  expect(Object.keys((await q.state())['dead'] as object)).toEqual(['c'])
  await q.expectSound()
})
