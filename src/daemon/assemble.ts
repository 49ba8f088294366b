import type { DqError } from '../core/errors.ts'
import type { Component, Turns } from '../core/upkeep/component.ts'
import type { Inspector } from '../core/inspector.ts'
import type { QueueInfo } from '../core/task.ts'
import { Heartbeat } from '../core/upkeep/heartbeat.ts'
import type { Leader } from './leader.ts'
import type { LoopLag } from './loop-lag.ts'
import type { Parts } from './parts.ts'
import { VERSION } from '../core/version.ts'

export interface Duty {
  readonly isQuiet: () => boolean
  readonly onQuiet: (asked: boolean) => void
  readonly onOutdated: (error: DqError) => void
}

/** Keeps this daemon in the list of workers, whatever its roles are. */
export function heartbeatOf(
  { config, id, log, redis, tasks, worker, keyring }: Parts,
  { isQuiet, ...told }: Duty,
): Heartbeat {
  const { namespace, roles, leaseMs } = config
  return new Heartbeat({
    redis,
    namespace,
    log,
    id,
    roles,
    leaseMs,
    ...told,
    keyring: worker === undefined ? undefined : keyring,
    queues: worker === undefined ? [] : config.queues.map(({ name }) => name),
    types: worker === undefined ? [] : tasks.map(({ type }) => type),
    vitals: () => {
      const { slots, busy, completed, failed } = worker?.stats() ?? { slots: 0, busy: 0, completed: 0, failed: 0 }
      return { slots, busy, completed, failed, quiet: isQuiet() }
    },
  })
}

/** The API, loaded only where it is wanted. */
export async function apiOf(
  parts: Parts,
  daemon: { unready(): string | undefined; readiness(): Promise<string | undefined> },
): Promise<Component & { readonly address: { host: string; port: number } }> {
  const [{ ApiServer }, { LiveTypes }] = await Promise.all([import('./api/server.ts'), import('./api/live-types.ts')])
  const { config, log, client, inspector, operator, operations, redis } = parts
  const types = new LiveTypes(inspector)
  const unready = (): string | undefined => daemon.unready()
  const readiness = (): Promise<string | undefined> => daemon.readiness()
  const mayUse = (): void => {}
  const anySchedule: Inspector['schedule'] = (name) => inspector.schedule(name)
  const api = { client, inspector, operator, operations, types, mayUse, anySchedule, unready, readiness }
  const { apiAddr: address, allowedHosts, apiKey, apiKeysFile: file, namespace } = config
  const keys = { apiKey, file, stored: client.operator.keys }
  return new ApiServer({ address, allowedHosts, keys, place: { redis, namespace }, log, api })
}

/** Each queue for itself: one with foreign keys must not hide the others. */
async function readEach<T>(inspector: Inspector, read: (queues: [string]) => Promise<T[]>): Promise<T[]> {
  const all = await Promise.allSettled((await inspector.queueNames()).map((name) => read([name])))
  return all.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
}

/** Metrics and their server, loaded only where they are wanted. */
export async function metricsOf(
  parts: Parts,
  leader: Leader,
  lag: LoopLag,
  turns: () => ReadonlyMap<string, Turns> | undefined,
): Promise<Component & { readonly address: { host: string; port: number } }> {
  const [{ Metrics }, { MetricsServer }] = await Promise.all([import('./metrics.ts'), import('./metrics-server.ts')])
  const { config, events, redis, inspector, worker } = parts
  const metrics = new Metrics(VERSION)
  metrics.count(events)
  const read = async (): Promise<string> => {
    const exportsQueues = leader.isLeader && redis.isUp
    // Without an answer of Redis the rest of the page is still worth reading.
    const [queues, scales, server] = exportsQueues
      ? await Promise.all([
          readEach<QueueInfo>(inspector, (names) => inspector.snapshot(names)),
          readEach(inspector, (names) => inspector.scale(names)),
          inspector.redisInfo(),
        ]).catch(() => [])
      : []
    const { slots, busy } = worker?.stats() ?? { slots: 0, busy: 0 }
    return metrics.text({
      slots,
      busy,
      loopLagSeconds: lag.takeSeconds(),
      isRedisUp: redis.isUp,
      queues,
      scales,
      redis: server,
      turns: turns(),
    })
  }
  const { metricsAddr: address, allowedHosts } = config
  return new MetricsServer({ address, allowedHosts, contentType: metrics.contentType, read })
}
