import { describe, expect, it, onTestFinished } from 'vitest'
import { Client } from '../../src/core/client.ts'
import type { DqError, ErrorCode } from '../../src/core/errors.ts'
import { openRedis, type RedisClient } from '../../src/core/redis.ts'
import { isScript } from '../helpers/faults.ts'
import { faultyBench, numbersOf } from '../helpers/faulty-bench.ts'

/** Error replies that pass by themselves: what was refused may be asked for again as it was. */
const PASSING = [
  "READONLY You can't write against a read only replica.",
  'LOADING Redis is loading the dataset in memory',
  'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.',
  'MISCONF Redis is configured to save RDB snapshots, but it is currently not able to persist on disk.',
  'CLUSTERDOWN The cluster is down',
  "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
  'NOREPLICAS Not enough good replicas to write.',
  'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)',
  'TRYAGAIN Multiple keys request during rehashing of slot',
]
const READONLY = PASSING[0]!
/** Those that somebody has to mend. */
const LASTING: readonly (readonly [reply: string, code: ErrorCode])[] = [
  ["OOM command not allowed when used memory > 'maxmemory'.", 'out_of_memory'],
  ['NOAUTH Authentication required.', 'credentials'],
  ['WRONGPASS invalid username-password pair or user is disabled.', 'credentials'],
  ["NOPERM this user has no permissions to run the 'evalsha' command", 'credentials'],
  ['WRONGTYPE Operation against a key holding the wrong kind of value', 'broken_reply'],
  ['ERR Error running script (call to f_0): user_script:1: oops', 'broken_reply'],
]
const ALL = [...PASSING.map((reply) => [reply, 'unavailable'] as const), ...LASTING]
const NOT_FOUND = 'NOSCRIPT No matching script. Please use EVAL.'

describe.each(ALL)('%s', (reply, code) => {
  it(`is \`${code}\` to whoever asks`, async () => {
    const { proxy, far, client, redis } = await faultyBench()
    const direct: RedisClient = openRedis({ url: proxy.url })
    onTestFinished(() => direct.drop())
    const theError = { code, name: 'DqError', cause: expect.objectContaining({ message: reply }) as unknown }
    proxy.answer((command) => command === 'ECHO', reply, 3)
    await expect(direct.call('ECHO', 1)).rejects.toMatchObject(theError)
    await expect(direct.batch([['ECHO', 1]])).rejects.toMatchObject(theError)
    proxy.answer((command) => command === 'EVALSHA', reply, 1)
    await expect(direct.runScript('x', 'return 1', [], [])).rejects.toMatchObject(theError)
    expect(redis.isUp).toBe(true)
    // Asked for again, everything works.
    expect(await far.enqueue('a', {}, { id: 'again' })).toEqual({ id: 'again', outcome: 'enqueued' })
    expect(await client.getTask('again')).toMatchObject({ state: 'pending' })
  })
})

it('a worker survives every kind of refusal, and does each task once', async () => {
  const { proxy, client, workFar, untilSeen, total } = await faultyBench()
  const runs: string[] = []
  await workFar({ a: (payload) => void runs.push(String(payload)) }, { random: () => 0 })
  for (const [at, [reply, code]] of ALL.entries()) {
    proxy.answer(isScript('claim'), reply, 1)
    proxy.answer(isScript('complete'), reply, 1)
    const { id } = await client.enqueue('a', reply)
    expect({ reply, ...(await client.waitFor(id)) }).toMatchObject({ reply, state: 'completed', attempt: 1 })
    const troubles = await untilSeen('worker.error', 2 * at + 2)
    expect([reply, ...troubles.slice(-2).map(({ error }) => (error as DqError).code)]).toEqual([reply, code, code])
  }
  expect(runs).toEqual(ALL.map(([reply]) => reply))
  expect(await total('completed')).toBe(ALL.length)
})

describe('a script that Redis has forgotten', () => {
  it('is sent as a text, and nobody notices', async () => {
    const { proxy, far, workFar, seen } = await faultyBench()
    proxy.answer((command) => command === 'EVALSHA', NOT_FOUND, 6)
    await workFar({ a: () => 1 })
    const { id } = await far.enqueue('a', {})
    expect(await far.waitFor(id)).toMatchObject({ state: 'completed', attempt: 1 })
    expect(seen('worker.error')).toEqual([])
  })
})

describe('a client whose call is refused for a while', () => {
  it('repeats the same call until it is answered, whatever the reason was', async () => {
    const { proxy, far, total } = await faultyBench()
    const numbers = numbersOf(proxy, 'enqueue')
    for (const reply of PASSING) {
      numbers.length = 0
      proxy.answer(isScript('enqueue'), reply, 1)
      expect(await far.enqueue('a', {})).toMatchObject({ outcome: 'enqueued' })
      expect({ reply, numbers }).toEqual({ reply, numbers: [numbers[0], numbers[0]] })
    }
    expect(await total('enqueued')).toBe(PASSING.length)
  })

  it('is told why once its time is over, and nothing has changed', async () => {
    const { proxy, namespace, client } = await faultyBench()
    const hasty = new Client({ redisUrl: proxy.url, namespace, timeoutMs: 200 })
    onTestFinished(() => hasty.close())
    proxy.answer(isScript('enqueue'), READONLY, Infinity)
    await expect(hasty.enqueue('a', {}, { id: 'again' })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/READONLY/),
    })
    expect(await client.getTask('again')).toBeUndefined()
    expect(await client.enqueue('a', {}, { id: 'again' })).toMatchObject({ outcome: 'enqueued' })
  })
})

describe('a client whose call is refused for good', () => {
  it.each(LASTING)('is told at once, and nothing has changed: %s', async (reply, code) => {
    const { proxy, far, client } = await faultyBench()
    proxy.answer((command) => command === 'EVALSHA', reply, 6)
    const { operator } = far
    const calls = [
      () => far.enqueue('a', {}),
      () => far.enqueueMany([{ type: 'a', payload: {} }]),
      () => operator.pause('default'),
      () => operator.replay('default', ['x']),
      () => operator.purge('default', ['x']),
      () => operator.undo('default', { ids: ['x'] }),
    ]
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code })
    const [queue] = await client.inspector.snapshot(['default'])
    expect(queue).toMatchObject({ paused: undefined, pending: { default: 0 }, counters: {} })
  })
})
