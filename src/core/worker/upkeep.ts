import { Broker } from '../broker.ts'
import type { Events } from '../events.ts'
import { Inspector } from '../inspector.ts'
import type { RedisClient } from '../redis.ts'
import { Operator } from '../operator.ts'
import type { Component } from '../upkeep/component.ts'
import { DeclaredSchedules } from '../upkeep/declared-schedules.ts'
import { Heartbeat } from '../upkeep/heartbeat.ts'
import { QueueSet } from '../upkeep/queue-set.ts'
import type { Tell, Write } from '../upkeep/tell.ts'
import { upkeepOf } from '../upkeep/upkeep.ts'
import type { Settings } from './options.ts'
import { WaitTally } from './wait-tally.ts'
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
  /** What is stored got a format that this version does not know. */
  readonly onOutdated: (error: Error) => void
}

/** What a component has to say becomes an event of its worker. */
function tellBy(events: Events, id: string): Tell {
  const write: Write = (doing, message) =>
    events.emit('worker.error', { id, queue: undefined, doing, error: new Error(message) })
  return { info: () => {}, warn: write, error: write }
}

/** Counts for the objectives of its queues, whoever keeps them going. */
export const waitTallyOf = ({
  redis,
  settings,
  events,
}: Pick<UpkeptWorker, 'redis' | 'settings' | 'events'>): Component =>
  new WaitTally({
    redis,
    events,
    namespace: settings.namespace,
    queues: settings.queues.map(({ name }) => name),
    log: tellBy(events, settings.id),
  })

/** The schedules it declares, and everything it needs beside itself when no daemon runs: see `WorkerOptions.upkeep`. */
export function componentsOf({ redis, settings, events, stats, isQuiet, ...told }: UpkeptWorker): Component[] {
  const { id, namespace, tasks, schedules, keyring } = settings
  const names = settings.queues.map(({ name }) => name)
  const log = tellBy(events, id)
  const broker = new Broker(redis, { namespace })
  const operator = new Operator(broker, redis, namespace, id, keyring)
  const declared =
    schedules.length === 0 ? [] : [new DeclaredSchedules({ redis, log, operator, source: undefined, schedules })]
  if (!settings.upkeep) return declared
  const upkeep = upkeepOf({
    ...settings,
    redis,
    events,
    log,
    broker,
    inspector: new Inspector(redis, namespace),
    queues: new QueueSet(redis, namespace, names, log),
    roles: ROLES,
    schedulerIntervalMs: SCHEDULER_INTERVAL_MS,
    reaperIntervalMs: REAPER_INTERVAL_MS,
  })
  const vitals = () => ({ ...stats(), quiet: isQuiet() })
  const types = [...tasks.keys()]
  return [
    ...declared,
    ...upkeep,
    new Heartbeat({ ...settings, redis, log, queues: names, roles: ROLES, types, vitals, ...told }),
  ]
}
