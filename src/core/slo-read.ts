import type { QueueKeys } from './keys.ts'
import type { Command, RedisClient } from './redis.ts'
import { decodeObjective, decodeWaits, type ObjectiveReport, reportObjective } from './slo.ts'
import type { QueueInfo } from './task.ts'

export type AtInstant = Pick<QueueInfo, 'name' | 'atMs' | 'oldestPendingMs'>

/** How the objectives of queues stand, by queue; those without one are left out. Two round trips at most. */
export async function readObjectives(
  redis: RedisClient,
  infos: readonly AtInstant[],
  keysOf: (queue: string) => QueueKeys,
): Promise<Map<string, ObjectiveReport>> {
  const texts = await redis.batch(infos.map(({ name }): Command => ['HGET', keysOf(name).meta, 'slo']))
  const promised = infos.flatMap((info, i) => {
    const objective = decodeObjective(texts[i] as string | null)
    return objective === undefined ? [] : [{ info, objective }]
  })
  if (promised.length === 0) return new Map()
  const rings = await redis.batch(promised.map(({ info }): Command => ['HGETALL', keysOf(info.name).waits]))
  return new Map(
    promised.map(({ info: { name, atMs, oldestPendingMs: oldestMs }, objective }, i) => [
      name,
      reportObjective(objective, decodeWaits(rings[i] as string[]), { atMs, oldestMs }),
    ]),
  )
}
