import type { GlobalKeys } from './keys.ts'
import type { RedisClient } from './redis.ts'

// Redis must not refuse it for want of memory: it writes little, and what floods a queue is stopped by it.
const LUA = `#!lua flags=allow-oom
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1`

/** What is stored as the definition of a schedule; empty when there is none. */
export const definitionText = async (redis: RedisClient, global: GlobalKeys, name: string): Promise<string> =>
  ((await redis.call('HGET', global.schedules, name)) as string | null) ?? ''

/** Stores a definition in place of the one that the caller saw. @returns false when somebody else was quicker. */
export async function replaceDefinition(
  redis: RedisClient,
  global: GlobalKeys,
  name: string,
  change: { readonly was: string; readonly text: string },
): Promise<boolean> {
  return (await redis.runScript('define', LUA, [global.schedules], [name, change.was, change.text])) === 1
}
