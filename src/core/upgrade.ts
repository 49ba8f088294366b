import { auditLine } from './audit.ts'
import { FORMAT } from './format.ts'
import { Inspector } from './inspector.ts'
import { globalKeys, queueKeys } from './keys.ts'
import type { RedisClient } from './redis.ts'
import type { WorkerInfo } from './task.ts'
import { unrefused } from './unrefused.ts'

export interface Upgrade {
  /** The format of the installation before. */
  readonly from: number
  /** That of this version. */
  readonly to: number
  /** Queues that were raised. */
  readonly queues: readonly string[]
  /** Programs that live and do not know that format: while there are any, nothing is changed. */
  readonly older: readonly WorkerInfo[]
}

async function queuesBehind(redis: RedisClient, namespace: string, names: readonly string[]): Promise<string[]> {
  const formats = await redis.batch(names.map((name) => ['HGET', queueKeys(namespace, name, '').meta, 'format']))
  return names.filter((_, i) => Number(formats[i] ?? 1) < FORMAT)
}

/** What `upgrade` would do. @throws DqError `format` when this version does not know what is stored. */
export async function planUpgrade(redis: RedisClient, namespace: string): Promise<Upgrade> {
  const inspector = new Inspector(redis, namespace)
  const [from, workers, names] = await Promise.all([inspector.format(), inspector.workers(), inspector.queueNames()])
  const older = workers.filter(({ silent, format }) => !silent && format < FORMAT)
  return { from, to: FORMAT, queues: await queuesBehind(redis, namespace, names), older }
}

/**
 * Raises what is stored to the format of this version, unless an older program lives. Older ones then neither start nor
 * touch it any more, and there is no way back but a backup. Safe to repeat: what came in between is raised too.
 * @throws DqError `format`
 */
export async function upgrade(redis: RedisClient, namespace: string, by: string): Promise<Upgrade> {
  const plan = await planUpgrade(redis, namespace)
  if (plan.older.length > 0 || (plan.from === FORMAT && plan.queues.length === 0)) return plan
  const { format, audit } = globalKeys(namespace)
  const detail = `format ${plan.from} to ${FORMAT}`
  // First the installation: from here on no older program begins anything.
  await unrefused(redis, [['SET', format, FORMAT], auditLine(audit, { action: 'upgrade', by, detail })])
  for (const name of plan.queues)
    await unrefused(redis, [['HSET', queueKeys(namespace, name, '').meta, 'format', FORMAT]])
  return plan
}
