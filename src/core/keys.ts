/**
 * The only place that builds a Redis key. Every key of a queue shares one hash tag, `<namespace>:{<queue>}:`,
 * so that a script touches one Cluster slot; what stands alone lives under `<namespace>:{_}:`.
 */
const QUEUE_KEYS = {
  tasks: 'tasks',
  pending_high: 'pending:high',
  pending_default: 'pending:default',
  pending_low: 'pending:low',
  ghosts: 'ghosts',
  scheduled: 'scheduled',
  holders: 'holders',
  leases: 'leases',
  grants: 'grants',
  attempts: 'attempts',
  reaped: 'reaped',
  cancels: 'cancels',
  dead: 'dead',
  failures: 'failures',
  trash: 'trash',
  trashed: 'trashed',
  completed: 'completed',
  results: 'results',
  tombs: 'tombs',
  idem: 'idem:',
  uniq: 'uniq:',
  counters: 'counters',
  series: 'series',
  wake: 'wake',
  waits: 'waits',
  meta: 'meta',
  audit: 'audit',
  cursors: 'cursors',
  runs: 'runs',
  operations: 'operations',
  groups: 'groups',
  blocked: 'blocked',
  parents: 'parents',
  edges: 'edges',
  dependants: 'dependants',
  children: 'children:',
  kept: 'kept',
  outbox: 'outbox',
  limits: 'limits:',
  limit_rules: 'limits:rules',
  limit_turns: 'limits:turns',
  limit_due: 'limits:due',
  limited: 'limits:waiting',
  ready_high: 'limits:ready:h',
  ready_default: 'limits:ready:d',
  ready_low: 'limits:ready:l',
} as const

export type QueueKeyName = keyof typeof QUEUE_KEYS | 'op'
export type QueueKeys = Readonly<Record<QueueKeyName, string>>
export const QUEUE_KEY_NAMES = Object.keys(QUEUE_KEYS) as readonly (keyof typeof QUEUE_KEYS)[]

/** Names of queues, types, schedules and namespaces. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/
/** Ids given by callers may be longer: a schedule's name and a time fit. */
export const ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/

/** @param client the caller whose last calls `op` remembers. */
export function queueKeys(namespace: string, queue: string, client: string): QueueKeys {
  const prefix = `${namespace}:{${queue}}:`
  const keys: Record<string, string> = { op: `${prefix}op:${client}` }
  for (const [name, suffix] of Object.entries(QUEUE_KEYS)) keys[name] = prefix + suffix
  return keys as QueueKeys
}

/** Everything a queue keeps in Redis matches this pattern; for tools that look at all of it. */
export const queuePattern = (namespace: string, queue: string): string => `${namespace}:{${queue}}:*`

export interface GlobalKeys {
  /** STRING the format of what is stored; see `format.ts`. */
  readonly format: string
  /** SET of queue names that were ever used. */
  readonly queues: string
  /** ZSET worker id by its last heartbeat, ms. */
  readonly workers: string
  /** HASH worker id → what it said of itself. */
  readonly workerInfo: string
  /** SET of workers asked to stop claiming. */
  readonly quiet: string
  /** HASH type → the newest definition a worker registered. */
  readonly types: string
  /** HASH schedule name → its definition. */
  readonly schedules: string
  /** STRING id of the daemon that exports queue gauges; expires. */
  readonly leader: string
  /** HASH id of an API key → its digest, role and queues. */
  readonly apiKeys: string
  /** STREAM of changes by hand that are about no queue. */
  readonly audit: string
}

/** What the place of what stands alone is called where a queue is named; no queue can have this name. */
export const NO_QUEUE = '_'

export function globalKeys(namespace: string): GlobalKeys {
  const prefix = `${namespace}:{${NO_QUEUE}}:`
  return {
    format: `${prefix}format`,
    queues: `${prefix}queues`,
    workers: `${prefix}workers`,
    workerInfo: `${prefix}worker-info`,
    quiet: `${prefix}quiet`,
    types: `${prefix}types`,
    schedules: `${prefix}schedules`,
    leader: `${prefix}leader`,
    apiKeys: `${prefix}api-keys`,
    audit: `${prefix}audit`,
  }
}
