import { beforeEach, describe, expect, it } from 'vitest'
import { Client, defineTask, Discard, RateLimited, Snooze } from '../../src/core/index.ts'
import isolated from '../fixtures/isolated.ts'
import { allThatIsStored, SECRET, withKey } from '../helpers/encrypted.ts'
import { until } from '../helpers/until.ts'
import { type Workbench, workbench } from '../helpers/workbench.ts'

let bench: Workbench
let client: Client
beforeEach(async () => {
  bench = await workbench()
  client = new Client({ redis: bench.redis, namespace: bench.namespace, encryption: withKey('k1') })
})

const stored = (): Promise<string> => allThatIsStored(bench.redis, bench.namespace)
const throwing = (error: Error) => () => {
  throw error
}

const quoting = {
  '~standard': { version: 1 as const, vendor: 'test', validate: () => ({ issues: [{ message: SECRET }] }) },
}

/** Handlers that say in every way what they were given. */
const tellers = [
  defineTask({ type: 'returns', run: (payload) => ({ payload }) }),
  defineTask({ type: 'throws', run: throwing(new TypeError(`bad ${SECRET}`)) }),
  defineTask({ type: 'discards', run: throwing(new Discard(SECRET)) }),
  defineTask({ type: 'snoozes', run: throwing(new Snooze('1h', SECRET)) }),
  defineTask({ type: 'limited', run: throwing(new RateLimited('1h', SECRET)) }),
  defineTask({ type: 'quotes', payload: quoting, run: () => 1 }),
  defineTask({
    type: 'hands',
    run: async (payload, { enqueue, progress }) => {
      progress(0.5)
      return (await enqueue('returns', payload, { id: 'handed' })).outcome
    },
  }),
  defineTask({ type: 'hears', run: async (_, { parents }) => (await parents()).map(({ result }) => result) }),
]

const inAnyState = async (id: string, ...states: string[]): Promise<void> => {
  await until(async () => states.includes((await bench.client.getTask(id))?.state ?? ''), {
    what: `${id} to be ${states.join(' or ')}`,
  })
}

describe('what an installation with a key stores', () => {
  it('is in plain text without one: what the other tests look for is found', async () => {
    await bench.client.enqueue('returns', { secret: SECRET })
    expect(await stored()).toContain(SECRET)
  })

  it('has no payload in it, however a task is enqueued', async () => {
    const payload = { secret: SECRET }
    await client.enqueue('a', payload)
    await client.enqueue('a', payload, { id: 'own', delay: '1h', idempotencyKey: 'key' })
    await client.enqueueMany(Array.from({ length: 3 }, () => ({ type: 'a', payload })))
    await client.enqueue('a', payload, { unique: { for: '1h' } })
    await client.enqueue('b', payload, { unique: { for: '1h', mode: 'replace' } })
    await client.enqueue('b', payload, { unique: { for: '1h', mode: 'replace' } })
    await client.enqueueFlow({
      nodes: [
        { key: 'a', task: 'a', payload },
        { key: 'b', task: 'b', payload, dependsOn: ['a'] },
      ],
    })
    await client.enqueueBatch([{ type: 'a', payload }], { callback: { task: 'b', payload } })
    await client.enqueue('a', payload, { durability: 'replica' })
    const [many] = await client.enqueueMany([{ type: 'a', payload, durability: 'replica' }])
    expect(many).toMatchObject({ outcome: 'enqueued' })
    await client.operator.saveSchedule({ name: 'hourly', spec: '@every 1h', type: 'a', payload })
    await client.operator.triggerSchedule('hourly')
    expect(await stored()).not.toContain(SECRET)
  })

  it('has no result, error or stack in it, however a run ends', async () => {
    await bench.work([...isolated, ...tellers], {
      encryption: withKey('k1'),
      upkeep: true,
    })
    const payload = { secret: SECRET, message: SECRET }
    const run = async (type: string, ...states: string[]): Promise<void> => {
      const { id } = await client.enqueue(type, payload, { maxRetries: 0, idempotencyKey: type })
      await inAnyState(id, ...states)
    }
    await run('returns', 'completed')
    await run('throws', 'dead')
    await run('discards', 'dead')
    await run('snoozes', 'scheduled')
    await run('limited', 'scheduled')
    await run('quotes', 'dead')
    await run('hands', 'completed')
    await inAnyState('handed', 'completed')
    await run('process.throws', 'dead')
    await run('thread.throws', 'dead')
    await run('process.talks', 'completed')
    const retried = await client.enqueue('throws', payload, { maxRetries: 1 })
    await inAnyState(retried.id, 'retrying')
    expect(await stored()).not.toContain(SECRET)
    expect(JSON.stringify([bench.seen('task.dead'), bench.seen('task.retrying')])).not.toContain(SECRET)
    expect((await client.getTask(retried.id))?.error?.message).toBe(`bad ${SECRET}`)
  })

  it('has nothing of it in it after a dead task was replayed, as it was and with another payload', async () => {
    await bench.work(tellers, { encryption: withKey('k1') })
    const { id } = await client.enqueue('throws', { secret: SECRET }, { maxRetries: 0 })
    await inAnyState(id, 'dead')
    await client.operator.replay('default', [id])
    await until(() => bench.seen('task.dead').length === 2, { what: 'the second death' })
    await inAnyState(id, 'dead')
    const shown = (await client.operator.editable('default', id))!
    expect(shown.payloadJson).toBe(`{"secret":"${SECRET}"}`)
    await client.operator.replayEdited('default', id, shown, `{"secret":"${SECRET}","more":1}`)
    await until(() => bench.seen('task.dead').length === 3, { what: 'the third death' })
    await inAnyState(id, 'dead')
    expect((await client.getTask(id))?.payload).toEqual({ secret: SECRET, more: 1 })
    expect(await stored()).not.toContain(SECRET)
  })
})

describe('an encrypted task', () => {
  it('runs with what was enqueued, and who has the key gets its result', async () => {
    await bench.work(tellers, { encryption: withKey('k1') })
    const { id } = await client.enqueue('returns', { secret: SECRET, ü: '𝄞' })
    expect((await client.waitFor(id)).result).toEqual({ payload: { secret: SECRET, ü: '𝄞' } })
  })

  it('says which key it wants, and nothing else, to who has none', async () => {
    await bench.work(tellers, { encryption: withKey('k1') })
    const { id } = await client.enqueue('returns', { secret: SECRET })
    await inAnyState(id, 'completed')
    const dead = await client.enqueue('throws', { secret: SECRET }, { maxRetries: 0 })
    await inAnyState(dead.id, 'dead')
    expect(await bench.client.getTask(id)).toMatchObject({ result: '<encrypted kid=k1>' })
    expect(await bench.client.getTask(dead.id)).toMatchObject({
      payload: '<encrypted kid=k1>',
      error: { reason: 'error', message: '<encrypted kid=k1>', stack: undefined },
    })
    expect(await bench.client.inspector.deadGroups()).toMatchObject([{ message: '<encrypted kid=k1>', count: 1 }])
  })

  it('runs beside tasks that are not', async () => {
    await bench.work(tellers, { encryption: withKey('k1') })
    const { id } = await bench.client.enqueue('returns', { open: 1 })
    expect((await bench.client.waitFor(id)).result).toEqual({ payload: { open: 1 } })
  })

  it('hands its result to the tasks that depend on it, also in processes and threads', async () => {
    await bench.work([...isolated, ...tellers], {
      encryption: withKey('k1'),
      upkeep: true,
    })
    const child = (task: string) => ({ key: task, task, payload: null, dependsOn: ['parent'] })
    const { nodes } = await client.enqueueFlow({
      nodes: [
        { key: 'parent', task: 'returns', payload: SECRET },
        child('hears'),
        child('process.reads'),
        child('thread.reads'),
      ],
    })
    const resultOf = async (key: string): Promise<unknown> => (await client.waitFor(nodes[key]!.id)).result
    expect(await resultOf('hears')).toEqual([{ payload: SECRET }])
    for (const key of ['process.reads', 'thread.reads'])
      expect(await resultOf(key)).toEqual([{ state: 'completed', result: { payload: SECRET } }])
    expect(await stored()).not.toContain(SECRET)
  })

  it('is a duplicate when it is enqueued again under its id, and of its own content when it is unique', async () => {
    const again = async (options: Parameters<Client['enqueue']>[2]): Promise<string[]> => [
      (await client.enqueue('a', { n: 1 }, options)).outcome,
      (await client.enqueue('a', { n: 1 }, options)).outcome,
    ]
    expect(await again({ id: 'own' })).toEqual(['enqueued', 'duplicate'])
    expect(await again({ id: 'later', delay: '1h' })).toEqual(['enqueued', 'duplicate'])
    expect(await again({ unique: { for: '1h' } })).toEqual(['enqueued', 'duplicate'])
    expect((await client.enqueue('a', { n: 2 }, { unique: { for: '1h' } })).outcome).toBe('enqueued')
    await expect(client.enqueue('b', { n: 1 }, { id: 'own' })).rejects.toMatchObject({ code: 'conflict' })
  })

  it('runs with the content of the one that replaced it', async () => {
    const unique = { for: '1h', by: { key: 'one' }, mode: 'replace' } as const
    const { id } = await client.enqueue('returns', { n: 1 }, { unique })
    expect(await client.enqueue('returns', { n: 2 }, { unique })).toMatchObject({ id, outcome: 'replaced' })
    await bench.work(tellers, { encryption: withKey('k1') })
    expect((await client.waitFor(id)).result).toEqual({ payload: { n: 2 } })
  })

  it('is refused when it is too large once it is encrypted', async () => {
    const attempt = client.enqueue('a', 'x'.repeat(200_000))
    await expect(attempt).rejects.toMatchObject({ code: 'payload_too_large' })
    await expect(attempt).rejects.toThrow(/bytes when it is encrypted, the limit is 262144/)
  })

  it('groups with the deaths of its kind, and says nothing of its message by that', async () => {
    const fails = ({ n }: { n: string }): never => {
      throw new RangeError(`${n} ${SECRET}`)
    }
    await bench.work({ fails }, { encryption: withKey('k1') })
    for (const n of ['one', 'two']) await client.enqueue('fails', { n }, { maxRetries: 0 })
    await bench.untilSeen('task.dead', 2)
    expect(await bench.client.inspector.deadGroups()).toMatchObject([{ count: 2 }])
  })
})
