import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Aborted } from '../../src/core/errors.ts'
import type { TaskContext } from '../../src/core/handlers.ts'
import { until } from '../helpers/until.ts'
import { type Workbench, workbench } from '../helpers/workbench.ts'

/** So long that the renewals by time play no part. */
const LEASE_MS = 60_000

/** Notes who was told to stop, and why. */
function patient(told: string[]) {
  return async (name: unknown, { signal }: TaskContext): Promise<void> => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    told.push(`${String(name)}: ${(signal.reason as Aborted).why}`)
    throw signal.reason
  }
}

async function running({ client, untilState }: Workbench, ...names: string[]): Promise<string[]> {
  const ids: string[] = []
  for (const name of names) {
    const { id } = await client.enqueue('a', name)
    ids.push(id)
    await untilState(id, 'active')
  }
  return ids
}

describe('a running task that is cancelled', () => {
  it('learns it at once, whatever the length of its lease', async () => {
    const bench = await workbench()
    const told: string[] = []
    await bench.work({ a: patient(told) }, { leaseMs: LEASE_MS })
    const [one, two, three] = await running(bench, 'one', 'two', 'three')
    expect(await bench.client.cancel(two!)).toBe('requested')
    await bench.untilState(two!, 'cancelled')
    expect(told).toEqual(['two: cancelled'])
    expect(await bench.client.operator.cancel('default', [one!, three!])).toEqual(['requested', 'requested'])
    await bench.untilState(one!, 'cancelled')
    await bench.untilState(three!, 'cancelled')
    expect(told.toSorted()).toEqual(['one: cancelled', 'three: cancelled', 'two: cancelled'])
  })

  it('learns it while the event loop of its worker is kept busy', async () => {
    const bench = await workbench()
    const busy = async (_: unknown, { signal }: TaskContext): Promise<void> => {
      while (!signal.aborted) {
        const endAt = performance.now() + 30
        while (performance.now() < endAt) Math.sqrt(endAt)
        await turn()
      }
      throw signal.reason
    }
    await bench.work({ a: busy }, { leaseMs: LEASE_MS })
    const [id] = await running(bench, 'busy')
    await bench.client.cancel(id!)
    await bench.untilState(id!, 'cancelled')
    expect(await bench.untilSeen('task.cancelled')).toMatchObject([{ id }])
  })

  it('disturbs no other worker: only its holder renews', async () => {
    const bench = await workbench()
    const told: string[] = []
    for (let i = 0; i < 2; i++) await bench.work({ a: patient(told) }, { leaseMs: LEASE_MS, concurrency: 1 })
    await until(async () => String(await bench.redis.call('PUBSUB', 'NUMSUB', bench.keys.cancels)).endsWith(',2'))
    const [other] = await running(bench, 'other')
    const lease = async (): Promise<number> =>
      (await bench.client.inspector.leases()).find(({ id }) => id === other)!.leaseExpiresAtMs
    // Each asks once by itself when it begins to listen, which may be as late as now.
    await until(async () => {
      const [id] = await running(bench, 'one')
      const before = await lease()
      await bench.client.cancel(id!)
      await bench.untilState(id!, 'cancelled')
      return (await lease()) === before
    })
    expect(new Set(told)).toEqual(new Set(['one: cancelled']))
  })

  it('is heard again after the connection that listens was lost', async () => {
    const bench = await workbench()
    const told: string[] = []
    await bench.work({ a: patient(told) }, { leaseMs: LEASE_MS })
    const [id] = await running(bench, 'one')
    const clients = async (): Promise<string[]> => String(await bench.redis.call('CLIENT', 'LIST')).split('\n')
    const ears = async (): Promise<string | undefined> =>
      (await clients()).find((line) => line.includes('name=dq-worker-cancels') && line.includes('sub=1'))
    const idOf = (line: string): string => /^id=(\d+)/.exec(line)![1]!
    const was = idOf(await until(ears))
    await bench.redis.call('CLIENT', 'KILL', 'ID', was)
    await until(async () => idOf((await ears())!) !== was)
    await bench.client.cancel(id!)
    await bench.untilState(id!, 'cancelled')
    expect(told).toEqual(['one: cancelled'])
  })
})
