import type { Broker } from '../broker.ts'
import { globalKeys } from '../keys.ts'
import type { Command, RedisClient } from '../redis.ts'
import { plainPolicy } from '../retry.ts'
import { unrefused } from '../unrefused.ts'
import type { Settings } from './options.ts'

/**
 * Tells everybody which queues there are and what this worker knows to run, so that producers that only know a type's
 * name get its queue and priority, and sets the limits of its types in its queues. The newest definition wins.
 */
export async function register(redis: RedisClient, broker: Pick<Broker, 'limits'>, settings: Settings): Promise<void> {
  const keys = globalKeys(settings.namespace)
  const atMs = Date.now()
  const commands: Command[] = [['SADD', keys.queues, ...settings.queues.map(({ name }) => name)]]
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
  if (fields.length > 0) commands.push(['HSET', keys.types, ...fields])
  await unrefused(redis, commands)
  const rules = [...settings.tasks.values()].map(({ type, limits }) => ({ type, rule: limits?.rule }))
  if (rules.length === 0) return
  for (const { name } of settings.queues) await broker.limits.set(name, rules, 'code', settings.id)
}
