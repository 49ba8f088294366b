import { globalKeys } from '../keys.ts'
import type { Command, RedisClient } from '../redis.ts'
import { plainPolicy } from '../retry.ts'
import type { Settings } from './options.ts'

/**
 * Tells everybody which queues there are and what this worker knows to run, so that producers that only know a type's
 * name get its queue and priority. The newest definition wins.
 */
export async function register(redis: RedisClient, settings: Settings): Promise<void> {
  const keys = globalKeys(settings.namespace)
  const atMs = Date.now()
  const commands: Command[] = [['SADD', keys.queues, ...settings.queues.map(({ name }) => name)]]
  const fields = [...settings.tasks.values()].flatMap(({ type, queue, priority, timeoutMs, retry }) => [
    type,
    JSON.stringify({
      queue,
      priority,
      timeoutMs,
      maxRetries: retry.limit,
      retry: plainPolicy(retry),
      worker: settings.id,
      atMs,
    }),
  ])
  if (fields.length > 0) commands.push(['HSET', keys.types, ...fields])
  await redis.batch(commands)
}
