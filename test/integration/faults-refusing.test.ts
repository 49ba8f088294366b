import type { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { Client } from '../../src/core/client.ts'
import { Worker } from '../../src/core/worker/worker.ts'
import { connect, type RedisServer, startRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'

type Command = readonly [command: string, ...args: string[]]

let server: RedisServer
let raw: Redis

beforeAll(async () => {
  server = await startRedis()
  raw = connect(server)
})
afterAll(async () => {
  raw.disconnect()
  await server.stop()
})

/** What passes by itself is waited for; missing permissions are told at once. */
const ENQUEUED = { outcome: 'enqueued' }
const REFUSALS: readonly (readonly [word: string, answer: object, refuse: Command, serve: Command])[] = [
  [
    'NOREPLICAS',
    ENQUEUED,
    ['CONFIG', 'SET', 'min-replicas-to-write', '1'],
    ['CONFIG', 'SET', 'min-replicas-to-write', '0'],
  ],
  ['READONLY', ENQUEUED, ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE']],
  [
    'NOPERM',
    { code: 'credentials' },
    ['ACL', 'SETUSER', 'default', '-evalsha', '-eval'],
    ['ACL', 'SETUSER', 'default', '+evalsha', '+eval'],
  ],
]

describe('a Redis that takes no writes for a while', () => {
  it.each(REFUSALS)('gets them all, once, when it does again: %s', async (word, answer, refuse, serve) => {
    const namespace = `t-${word}`
    const client = new Client({ redisUrl: server.url, namespace })
    const settled: string[] = []
    const ran: string[] = []
    let release = (): void => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    const worker = new Worker({
      redisUrl: server.url,
      namespace,
      tasks: { a: (_payload, { id }) => void ran.push(id), b: () => held },
    })
    onTestFinished(async () => {
      await worker.stop({ graceMs: 0 })
      await client.close()
    })
    worker.events.on('task.completed', ({ id }) => void settled.push(id))
    await worker.start()
    const before = await client.enqueue('b', {})
    await until(async () => (await client.getTask(before.id))?.state === 'active')
    await raw.call(...refuse)
    release()
    const refusals = async (): Promise<number> =>
      Number(new RegExp(`errorstat_${word}:count=(\\d+)`).exec(await raw.info('errorstats'))?.[1] ?? 0)
    await until(async () => (await refusals()) >= 2, { what: 'refusals' })
    expect(settled).toEqual([])
    const meanwhile = client.enqueue('a', {}, { id: `a-${word}` }).catch((error: unknown) => error)
    const seen = await refusals()
    await until(async () => (await refusals()) > seen, { what: 'further refusals' })
    await raw.call(...serve)
    expect(await meanwhile).toMatchObject(answer)
    await client.enqueue('a', {}, { id: `a-${word}` })
    await until(() => settled.length === 2, { what: 'both tasks' })
    expect(ran).toEqual([`a-${word}`])
    expect(await client.inspector.verify('default')).toEqual({ ok: true, drift: [] })
    expect(await client.inspector.verifyDeep('default')).toMatchObject({ ok: true, problems: [] })
  })
})
