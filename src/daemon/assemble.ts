import type { Component } from '../core/upkeep/component.ts'
import { Heartbeat } from '../core/upkeep/heartbeat.ts'
import type { Leader } from './leader.ts'
import type { LoopLag } from './loop-lag.ts'
import type { Parts } from './parts.ts'
import { VERSION } from '../core/version.ts'

export interface Duty {
  readonly isQuiet: () => boolean
  readonly onQuiet: (asked: boolean) => void
}

/** Keeps this daemon in the list of workers, whatever its roles are. */
export function heartbeatOf({ config, id, log, redis, tasks, worker }: Parts, { isQuiet, onQuiet }: Duty): Heartbeat {
  const { namespace, roles, leaseMs } = config
  return new Heartbeat({
    redis,
    namespace,
    log,
    id,
    roles,
    leaseMs,
    onQuiet,
    queues: worker === undefined ? [] : config.queues.map(({ name }) => name),
    types: worker === undefined ? [] : tasks.map(({ type }) => type),
    vitals: () => {
      const { slots, busy, completed, failed } = worker?.stats() ?? { slots: 0, busy: 0, completed: 0, failed: 0 }
      return { slots, busy, completed, failed, quiet: isQuiet() }
    },
  })
}

/** The API, loaded only where it is wanted. @param unready why the daemon is not ready, in one word. */
export async function apiOf(
  parts: Parts,
  unready: () => string | undefined,
): Promise<Component & { readonly address: { host: string; port: number } }> {
  const [{ ApiServer }, { LiveTypes }] = await Promise.all([import('./api/server.ts'), import('./api/live-types.ts')])
  const { config, log, client, inspector, operator } = parts
  const api = { client, inspector, operator, types: new LiveTypes(inspector), unready }
  return new ApiServer({ address: config.apiAddr, allowedHosts: config.allowedHosts, key: config.apiKey, log, api })
}

/** Metrics and their server, loaded only where they are wanted. */
export async function metricsOf(
  parts: Parts,
  leader: Leader,
  lag: LoopLag,
): Promise<Component & { readonly address: { host: string; port: number } }> {
  const [{ Metrics }, { MetricsServer }] = await Promise.all([import('./metrics.ts'), import('./metrics-server.ts')])
  const { config, events, redis, inspector, worker } = parts
  const metrics = new Metrics(VERSION)
  metrics.count(events)
  const read = async (): Promise<string> => {
    const exportsQueues = leader.isLeader && redis.isUp
    // Without an answer of Redis the rest of the page is still worth reading.
    const queues = exportsQueues ? await inspector.snapshot().catch(() => undefined) : undefined
    const { slots, busy } = worker?.stats() ?? { slots: 0, busy: 0 }
    return metrics.text({ slots, busy, loopLagSeconds: lag.takeSeconds(), isRedisUp: redis.isUp, queues })
  }
  const { metricsAddr: address, allowedHosts } = config
  return new MetricsServer({ address, allowedHosts, contentType: metrics.contentType, read })
}
