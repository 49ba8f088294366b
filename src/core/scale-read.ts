import type { QueueKeys } from './keys.ts'
import type { Inspector } from './inspector.ts'
import type { RedisClient } from './redis.ts'
import { type QueueScale, scaleOf } from './scale.ts'
import { readObjectives } from './slo-read.ts'

/** Reads what `scaleOf` works on, for each queue by itself. */
export async function readScale(
  redis: RedisClient,
  inspector: Pick<Inspector, 'snapshot' | 'series' | 'workers'>,
  keysOf: (queue: string) => QueueKeys,
  queues: readonly string[],
): Promise<QueueScale[]> {
  const [infos, workers] = await Promise.all([inspector.snapshot(queues), inspector.workers()])
  const objectives = await readObjectives(redis, infos, keysOf)
  return Promise.all(
    infos.map(async (info) => {
      const { seconds } = await inspector.series(info.name)
      return scaleOf({ info, seconds, workers, slo: objectives.get(info.name) })
    }),
  )
}
