import { type GlobalKeys, globalKeys, QUEUE_KEY_NAMES, type QueueKeyName, queueKeys } from './keys.ts'
import { type ScriptName, SCRIPTS } from './scripts.ts'

/** Who connects to Redis, each with rights of its own. */
export const ACCESS_ROLES = ['producer', 'worker', 'operator', 'viewer'] as const
export type AccessRole = (typeof ACCESS_ROLES)[number]

interface Access {
  /** Which programs it is for. */
  readonly about: string
  /** What changes queues: their commands and their keys are rights of the role. A script that is stopped half-way mends nothing. */
  readonly scripts: readonly ScriptName[]
  /** Commands that are sent beside scripts, or by scripts that are not in `scripts`. */
  readonly commands: readonly string[]
  /** Keys of queues that it only reads, beside those of its scripts. */
  readonly reads: readonly QueueKeyName[] | 'all'
  /** Keys of the installation. */
  readonly global: Readonly<Record<'writes' | 'reads', readonly (keyof GlobalKeys)[]>>
}

/** To be there, and to look at the server and at oneself. */
const ALWAYS = ['acl|whoami', 'client|setname', 'eval_ro', 'info', 'ping']

/** What scripts that change nothing, and the reads of whoever sees everything, take. */
const LOOK = [
  'evalsha_ro exists get getrange hexists hget hgetall hlen hmget hscan lindex llen lpos lrange pttl scan scard',
  'smembers srandmember time zcard zcount zmscore zrange zrank zrevrange zrevrank zscan zscore',
].flatMap((names) => names.split(' '))

const RIGHTS: Readonly<Record<AccessRole, Access>> = {
  producer: {
    about: '`Client` in a program that enqueues tasks, looks them up and takes them back',
    // `cancel` takes back the part of a flow over several queues that came before one that was refused.
    scripts: ['enqueue', 'flow', 'relate', 'cancel'],
    commands: ['smembers', 'exists', 'get', 'hexists', 'hget', 'hsetnx', 'set', 'zscore', 'zmscore', 'wait'],
    reads: ['leases', 'grants'],
    global: { writes: ['format', 'queues'], reads: ['types'] },
  },
  worker: {
    about: '`dq-daemon`, `Worker`, and the processes of isolated handlers',
    scripts: Object.keys(SCRIPTS) as ScriptName[],
    commands: [...LOOK, 'blpop', 'hsetnx', 'set', 'sismember', 'sscan', 'subscribe', 'wait'],
    reads: 'all',
    global: {
      writes: ['format', 'queues', 'workers', 'workerInfo', 'quiet', 'types', 'schedules', 'leader'],
      reads: ['apiKeys'],
    },
  },
  operator: {
    about: '`dq` and `dq-top` with every change',
    scripts: [
      ...(['enqueue', 'flow', 'relate', 'cancel', 'hasten', 'replay', 'purge', 'undo', 'operate', 'step'] as const),
      ...(['pause', 'limit', 'slo', 'schedule', 'trigger', 'leave', 'unschedule', 'repair'] as const),
    ],
    commands: [...LOOK, 'hsetnx', 'set', 'wait', 'xrevrange'],
    reads: 'all',
    global: {
      writes: ['format', 'queues', 'quiet', 'schedules', 'apiKeys', 'audit'],
      reads: ['workers', 'workerInfo', 'types'],
    },
  },
  viewer: {
    about: '`dq-top --read-only`, and what `dq` shows',
    scripts: [],
    commands: [...LOOK, 'xrevrange'],
    reads: 'all',
    global: {
      writes: [],
      reads: ['format', 'queues', 'workers', 'workerInfo', 'quiet', 'types', 'schedules', 'audit'],
    },
  },
}

/** Queues, and not what stands alone: no name of a queue begins with the `_` of that. */
const ANY_QUEUE = '[^_]*'

/** The keys of some names in any queue, as patterns; those of all names as one. */
function patternsOf(namespace: string, names: readonly QueueKeyName[]): string[] {
  const keys = queueKeys(namespace, ANY_QUEUE, '*')
  const patternOf = (name: QueueKeyName): string => keys[name].replace(/^(.*\}:[^:]*):.*$/, '$1:*')
  // Where a script has the one as a key, it makes the other of it.
  const whole = names.includes('idem') ? [...names, 'uniq' as const] : names
  const patterns = [...new Set(whole.map(patternOf))]
  const every = new Set([...QUEUE_KEY_NAMES, 'op' as const].map(patternOf))
  return patterns.length === every.size ? [`${namespace}:{${ANY_QUEUE}}:*`] : patterns.toSorted()
}

/** What a user may do, each in the words of an ACL rule of Redis: `+hget`, `~dq:{_}:queues`, `%R~…`, `&…`. */
export interface Rights {
  /** Which programs they are for. */
  readonly about: string
  readonly commands: readonly string[]
  readonly writes: readonly string[]
  readonly reads: readonly string[]
  readonly channels: readonly string[]
}

/** All that a role needs, and nothing else. */
export function rightsOf(role: AccessRole, namespace: string): Rights {
  const { about, scripts, commands, reads, global } = RIGHTS[role]
  const texts = scripts.map((name) => SCRIPTS[name].lua)
  const inScripts = (pattern: RegExp): string[] => [
    ...new Set(texts.flatMap((lua) => Array.from(lua.matchAll(pattern), ([, found]) => found!))),
  ]
  const used = inScripts(/redis\.p?call\('([A-Z]+)'/g).map((name) => name.toLowerCase())
  const evals = scripts.length > 0 ? ['evalsha', 'eval'] : []
  const all = [...new Set([...ALWAYS, ...evals, ...commands, ...used])].toSorted()
  const alone = globalKeys(namespace)
  const writes = patternsOf(
    namespace,
    scripts.flatMap((name) => SCRIPTS[name].keys),
  )
  const isWhole = writes.some((pattern) => pattern.endsWith('}:*'))
  const read = reads === 'all' ? (isWhole ? [] : [`${namespace}:{${ANY_QUEUE}}:*`]) : patternsOf(namespace, reads)
  const channels = inScripts(/'PUBLISH', (\w+)/g) as QueueKeyName[]
  return {
    about,
    commands: all.map((name) => `+${name}`),
    writes: [...writes, ...global.writes.map((name) => alone[name])].map((key) => `~${key}`),
    reads: [...read, ...global.reads.map((name) => alone[name])].map((key) => `%R~${key}`),
    channels: patternsOf(namespace, channels).map((channel) => `&${channel}`),
  }
}
