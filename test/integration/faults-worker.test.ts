import { describe, expect, it } from 'vitest'
import { Snooze } from '../../src/core/errors.ts'
import { defineTask, type Tasks } from '../../src/core/handlers.ts'
import type { ScriptName } from '../../src/core/scripts.ts'
import { isScript } from '../helpers/faults.ts'
import { faultyBench, numbersOf } from '../helpers/faulty-bench.ts'
import type { FaultProxy } from '../helpers/proxy.ts'
import { until } from '../helpers/until.ts'
import { gate } from '../helpers/workbench.ts'

const READONLY = "READONLY You can't write against a read only replica."
const NOT_FOUND = 'NOSCRIPT No matching script. Please use EVAL.'

/** Makes the proxy refuse `times` calls of a script. @returns the numbers of all its calls. */
function refuse(proxy: FaultProxy, name: ScriptName, times: number): (string | undefined)[] {
  proxy.answer(isScript(name), READONLY, times)
  return numbersOf(proxy, name)
}

describe('a worker whose call is refused for a while', () => {
  const throwsOnce = (error: Error): Tasks => {
    let runs = 0
    const run = (): void => {
      if (runs++ === 0) throw error
    }
    return { a: defineTask({ type: 'a', retry: { limit: 3, backoff: 'fixed', base: 1 }, run }) }
  }

  it.each([
    ['claim', { a: () => 1 }, 1],
    ['complete', { a: () => 1 }, 1],
    ['fail', throwsOnce(new Error('once')), 2],
    ['release', throwsOnce(new Snooze(1)), 1],
  ] as const)('repeats the same %s until it is answered', async (name, tasks, attempt) => {
    const { proxy, client, workFar, promoteUntil, total, seen } = await faultyBench()
    const numbers = refuse(proxy, name, 3)
    const { id } = await client.enqueue('a', {})
    await workFar(tasks)
    await promoteUntil(async () => (await client.getTask(id))?.state === 'completed')
    expect(numbers[0]).toMatch(/^\d+$/)
    expect(numbers.slice(0, 4)).toEqual(Array.from({ length: 4 }, () => numbers[0]))
    expect(numbers.slice(4)).not.toContain(numbers[0])
    expect(await client.getTask(id)).toMatchObject({ attempt })
    expect(await total('completed')).toBe(1)
    expect(seen('task.stale')).toEqual([])
  })

  it('keeps its leases over refused renewals', async () => {
    const { proxy, client, workFar, total, seen, broker } = await faultyBench()
    const numbers = refuse(proxy, 'renew', 3)
    const { promise, open } = gate()
    await workFar({ a: () => promise }, { leaseMs: 3_000 })
    const { id } = await client.enqueue('a', {})
    await until(() => numbers.length >= 4, { what: 'a renewal that is not refused' })
    expect((await broker.reap('default', 3_000)).reaped).toEqual([])
    open()
    expect(await client.waitFor(id)).toMatchObject({ state: 'completed', attempt: 1 })
    expect([await total('completed'), await total('reclaimed')]).toEqual([1, 0])
    expect(seen('lease.lost')).toEqual([])
  })

  it.each([READONLY, 'NOAUTH Authentication required.', NOT_FOUND])(
    'goes on when everything is refused for a while, its upkeep too: %s',
    async (reply) => {
      const { proxy, client, workFar, total } = await faultyBench()
      await workFar({ a: () => 1 }, { upkeep: true, leaseMs: 1_000 })
      proxy.answer((command) => command !== 'SUBSCRIBE', reply, 40)
      const later = await client.enqueue('a', {}, { delay: 50 })
      const now = await client.enqueue('a', {})
      for (const { id } of [later, now]) expect(await client.waitFor(id)).toMatchObject({ state: 'completed' })
      expect(await total('completed')).toBe(2)
    },
  )

  it.each([READONLY, 'UNBLOCKED force unblock from blocking operation'])(
    'waits for work again after its wait was refused: %s',
    async (reply) => {
      const { proxy, client, workFar, untilSeen } = await faultyBench()
      let waits = 0
      proxy.onCommand = (command) => void (command === 'BLPOP' && waits++)
      proxy.answer((command) => command === 'BLPOP', reply, 1)
      await workFar({ a: () => 1 })
      expect(await untilSeen('worker.error')).toMatchObject([{ doing: 'wait' }])
      await until(() => waits === 2, { what: 'the next wait' })
      const { id } = await client.enqueue('a', {})
      expect(await client.waitFor(id)).toMatchObject({ state: 'completed', attempt: 1 })
    },
  )

  it('pauses longer and longer between its attempts', async () => {
    const { proxy, client, workFar, untilSeen } = await faultyBench()
    const numbers = refuse(proxy, 'claim', 4)
    const startedAt = performance.now()
    await workFar({ a: () => 1 }, { random: () => 0 })
    await untilSeen('worker.error', 4)
    // Half of 100, 200 and 400 ms.
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(350)
    expect(numbers.length).toBeLessThanOrEqual(5)
    const { id } = await client.enqueue('a', {})
    expect(await client.waitFor(id)).toMatchObject({ state: 'completed' })
  })
})
