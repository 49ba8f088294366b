import type { Broker } from '../broker.ts'
import { globalKeys } from '../keys.ts'
import { declareQueues } from '../queues.ts'
import type { RedisClient } from '../redis.ts'
import { plainPolicy } from '../retry.ts'
import { unrefused } from '../unrefused.ts'
import type { Settings } from './options.ts'

/**
 * Tells everybody which queues there are and what this worker knows to run, so that producers that only know a type's
 * name get its queue and priority, and sets the limits of its types in its queues. The newest definition wins.
 * @throws DqError `format` when this version does not know what is stored.
 */
export async function register(redis: RedisClient, broker: Pick<Broker, 'limits'>, settings: Settings): Promise<void> {
  const keys = globalKeys(settings.namespace)
  const atMs = Date.now()
  const fields = [...settings.tasks.values()].flatMap(({ type, queue, priority, timeoutMs, retry, limits, unique }) => [
    type,
    JSON.stringify({
      queue,
      priority,
      timeoutMs,
      maxRetries: retry.limit,
      retry: plainPolicy(retry),
      limitKey: typeof limits?.key === 'string' ? limits.key : undefined,
      unique,
      worker: settings.id,
      atMs,
    }),
  ])
  const names = settings.queues.map(({ name }) => name)
  await declareQueues(redis, settings.namespace, names)
  if (fields.length > 0) await unrefused(redis, [['HSET', keys.types, ...fields]])
  const rules = [...settings.tasks.values()].map(({ type, limits }) => ({ type, rule: limits?.rule }))
  if (rules.length === 0) return
  for (const { name } of settings.queues) await broker.limits.set(name, rules, 'code', settings.id)
}
