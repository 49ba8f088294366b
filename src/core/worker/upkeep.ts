import { Broker } from '../broker.ts'
import type { Events } from '../events.ts'
import { Inspector } from '../inspector.ts'
import type { RedisClient } from '../redis.ts'
import type { Component } from '../upkeep/component.ts'
import { Heartbeat } from '../upkeep/heartbeat.ts'
import { QueueSet } from '../upkeep/queue-set.ts'
import type { Tell, Write } from '../upkeep/tell.ts'
import { upkeepOf } from '../upkeep/upkeep.ts'
import type { Settings } from './options.ts'
import type { WorkerStats } from './worker.ts'

const ROLES = ['worker', 'scheduler', 'reaper'] as const
const SCHEDULER_INTERVAL_MS = 1_000
const REAPER_INTERVAL_MS = 5_000

export interface UpkeptWorker {
  readonly redis: RedisClient
  readonly settings: Settings
  readonly events: Events
  readonly stats: () => WorkerStats
  readonly isQuiet: () => boolean
  /** Somebody asked this worker, or no longer asks it, to stop claiming. */
  readonly onQuiet: (asked: boolean) => void
}

/** What a component has to say becomes an event of its worker. */
function tellBy(events: Events, id: string): Tell {
  const write: Write = (doing, message) =>
    events.emit('worker.error', { id, queue: undefined, doing, error: new Error(message) })
  return { info: () => {}, warn: write, error: write }
}

/** Everything a worker needs beside itself when no daemon runs: see `WorkerOptions.upkeep`. */
export function componentsOf({ redis, settings, events, stats, isQuiet, onQuiet }: UpkeptWorker): Component[] {
  const { id, namespace, tasks } = settings
  const names = settings.queues.map(({ name }) => name)
  const log = tellBy(events, id)
  const upkeep = upkeepOf({
    ...settings,
    redis,
    events,
    log,
    broker: new Broker(redis, { namespace }),
    inspector: new Inspector(redis, namespace),
    queues: new QueueSet(redis, namespace, names, log),
    roles: ROLES,
    schedulerIntervalMs: SCHEDULER_INTERVAL_MS,
    reaperIntervalMs: REAPER_INTERVAL_MS,
  })
  const vitals = () => ({ ...stats(), quiet: isQuiet() })
  const types = [...tasks.keys()]
  return [...upkeep, new Heartbeat({ ...settings, redis, log, queues: names, roles: ROLES, types, vitals, onQuiet })]
}
