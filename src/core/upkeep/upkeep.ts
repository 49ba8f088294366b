import type { Component } from './component.ts'
import { Janitor } from './janitor.ts'
import { OperationsDriver } from './operations-driver.ts'
import type { QueueSet } from './queue-set.ts'
import { Outbox } from './outbox.ts'
import { Reaper } from './reaper.ts'
import { Reconciler } from './reconciler.ts'
import { Repairer } from './repairer.ts'
import { ScheduleBook } from './schedule-book.ts'
import { Scheduler } from './scheduler.ts'
import type { Broker } from '../broker.ts'
import type { Events } from '../events.ts'
import type { Inspector } from '../inspector.ts'
import type { RedisClient } from '../redis.ts'
import type { Tell } from './tell.ts'

export interface UpkeepOptions {
  readonly redis: RedisClient
  readonly namespace: string
  readonly broker: Broker
  readonly inspector: Inspector
  readonly events: Events
  readonly log: Tell
  readonly queues: QueueSet
  /** `scheduler`: what waits for its time, and recurring schedules. `reaper`: what dead workers held, and what is over. */
  readonly roles: readonly string[]
  readonly schedulerIntervalMs: number
  readonly reaperIntervalMs: number
  readonly leaseMs: number
  readonly resultTtlMs: number
  readonly resultMax: number
  /** Saves schedules that are declared somewhere; with the role `scheduler`. */
  readonly declared?: Component | undefined
}

/** What keeps queues moving beside the workers. Any number of processes may do it at once; one has to. */
export function upkeepOf(options: UpkeepOptions): Component[] {
  const components: Component[] = [options.queues]
  if (options.roles.includes('scheduler')) {
    const schedules = new ScheduleBook(options)
    if (options.declared !== undefined) components.push(options.declared)
    components.push(
      schedules,
      new Scheduler({ ...options, schedules, intervalMs: options.schedulerIntervalMs }),
      new Outbox(options),
    )
  }
  if (options.roles.includes('reaper'))
    components.push(
      new Reaper({ ...options, intervalMs: options.reaperIntervalMs }),
      new Janitor(options),
      new Repairer(options),
      new OperationsDriver(options),
      new Reconciler(options),
    )
  return components
}
