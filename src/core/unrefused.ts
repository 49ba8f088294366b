import type { Command, ScriptHost } from './redis.ts'
import { brokenReply } from './script.ts'

const LUA = `#!lua flags=allow-oom
local replies, i = {}, 1
while ARGV[i] do
  local last = i + tonumber(ARGV[i])
  replies[#replies + 1] = redis.call(unpack(ARGV, i + 1, last))
  i = last + 1
end
return replies`

/**
 * Runs commands that Redis must not refuse for want of memory: they write little, and without them nobody could take
 * part, so that the queues would not drain. The first argument of each is its key; all keys share a slot.
 * @returns a reply for each, as one of `batch`.
 */
export async function unrefused(redis: ScriptHost, commands: readonly Command[]): Promise<unknown[]> {
  const keys = commands.map(([, key]) => String(key))
  const args = commands.flatMap((command) => [command.length, ...command])
  const replies = await redis.runScript('unrefused', LUA, keys, args)
  if (!Array.isArray(replies) || replies.length !== commands.length) throw brokenReply('unrefused', replies)
  return replies
}
