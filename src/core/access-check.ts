import { ACCESS_ROLES, type AccessRole, rightsOf } from './access.ts'
import { DqError } from './errors.ts'
import type { RedisClient } from './redis.ts'

/** Users that are called so have this role, whatever they lack. */
const NAMED = /^dq-(\w+)$/

/** Asks Redis, which runs none of them, which of these commands the user may not run; each is a line of its words. */
const LUA = `#!lua flags=no-writes
local refused = {}
for i, line in ipairs(ARGV) do
  local words = {}
  for word in string.gmatch(line, '%S+') do words[#words + 1] = word end
  local known, may = pcall(redis.acl_check_cmd, unpack(words))
  if not (known and may) then refused[#refused + 1] = i end
end
return refused`

/** A right in the words of an ACL rule, a command that Redis lets pass to who has it, and what else that takes. */
type Probe = readonly [right: string, command: string, takes?: string]

/** What such a pattern matches in one queue. */
const sample = (right: string, queue: string): string =>
  right
    .replace(/^[^~&]*[~&]/, '')
    .replace('[^_]*', queue)
    .replace(/\*$/, 'dq-check')

const WITHOUT_KEY: ReadonlySet<string> = new Set(['acl|whoami', 'client|setname', 'info', 'ping', 'time', 'wait'])

/** A command with the arguments in which Redis looks for keys and channels: on each of these, one of which will do. */
function commandProbes(right: string, queue: string, keys: readonly string[], channels: readonly string[]): Probe[] {
  const name = right.slice(1)
  if (WITHOUT_KEY.has(name)) return [[right, name.replace('|', ' ')]]
  if (name === 'scan') return [[right, 'scan 0']]
  if (name.startsWith('eval')) return [[right, `${name} dq-check 0`]]
  const places = name === 'publish' || name === 'subscribe' ? channels : keys
  return places.map((place) => [right, `${name} ${sample(place, queue)}`, place])
}

function probesOf(role: AccessRole, namespace: string, queue: string): Probe[] {
  const { commands, writes, reads, channels } = rightsOf(role, namespace)
  const keys = writes.length > 0 ? writes : reads
  const probes = (command: string, rights: readonly string[], takes: string): Probe[] =>
    rights.map((right) => [right, `${command} ${sample(right, queue)}`, takes])
  return [
    ...commands.flatMap((right) => commandProbes(right, queue, [keys[0]!, keys.at(-1)!], channels)),
    ...probes('evalsha dq-check 1', writes, '+evalsha'),
    ...probes('hget', reads, '+hget'),
    ...probes('publish', channels, '+publish'),
  ]
}

/**
 * What the user of a connection lacks of a role, in the words of an ACL rule; nothing changes.
 * @param queue one that the user has to do with, where it is for some only.
 * @throws DqError `credentials` when the user may not even ask.
 */
export async function missingRights(
  redis: Pick<RedisClient, 'call'>,
  role: AccessRole,
  { namespace, queue }: { readonly namespace: string; readonly queue: string },
): Promise<string[]> {
  const probes = probesOf(role, namespace, queue)
  const refused = (await redis.call('EVAL_RO', LUA, 0, ...probes.map(([, command]) => command))) as number[]
  const missing = new Set(probes.map(([right]) => right))
  for (const [i, [right]] of probes.entries()) if (!refused.includes(i + 1)) missing.delete(right)
  // What was asked together with something that is missing itself may well be there.
  const sure = new Set(probes.flatMap(([right, , takes = '']) => (missing.has(takes) ? [] : [right])))
  const told = [...missing].filter((right) => sure.has(right))
  return told.length > 0 ? told : [...missing]
}

/** The name of the user; undefined where it may not even ask that. */
async function whoAmI(redis: Pick<RedisClient, 'call'>): Promise<string | undefined> {
  try {
    return String(await redis.call('ACL', 'WHOAMI'))
  } catch (error) {
    if (error instanceof DqError && error.code === 'credentials') return undefined
    throw error
  }
}

const NAMED_MOST = 12

/** What a user may do, and what it lacks of it. */
export interface Standing {
  readonly user: string
  readonly roles: readonly AccessRole[]
  readonly missing: readonly string[]
}

/**
 * The roles whose rights a user has, or else the one of its name, or that it comes closest to, and what it lacks of that.
 * @param role the one that is needed, where that is known.
 * @throws DqError as `missingRights`.
 */
export async function standingOf(
  redis: Pick<RedisClient, 'call'>,
  where: { readonly namespace: string; readonly queue: string },
  role?: AccessRole,
): Promise<Standing> {
  const name = await whoAmI(redis)
  const needed = ACCESS_ROLES.find((one) => one === (role ?? NAMED.exec(name ?? '')?.[1]))
  const all: { role: AccessRole; missing: string[] }[] = []
  for (const one of needed === undefined ? ACCESS_ROLES : [needed])
    all.push({ role: one, missing: await missingRights(redis, one, where) })
  const whole = all.filter(({ missing }) => missing.length === 0)
  const closest = all.toSorted((a, b) => a.missing.length - b.missing.length).slice(0, 1)
  const shown = whole.length > 0 ? whole : closest
  return {
    user: name === undefined ? 'its user' : `user ${name}`,
    roles: shown.map((one) => one.role),
    missing: shown.flatMap((one) => one.missing),
  }
}

/** In one line. */
export function lackText({ user, roles, missing }: Standing): string {
  const more = missing.length > NAMED_MOST ? ` and ${missing.length - NAMED_MOST} more` : ''
  return `${user} lacks rights of the role ${roles.join(', ')}: ${missing.slice(0, NAMED_MOST).join(' ')}${more}`
}

export const lackRemedy = ({ roles }: Pick<Standing, 'roles'>): string =>
  `log in as dq-${roles[0]}, or give it the rule of that user in deploy/redis/users.acl`
