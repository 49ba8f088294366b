import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Events } from '../core/events.ts'
import { PRIORITIES } from '../core/priority.ts'
import type { QueueScale } from '../core/scale.ts'
import type { QueueInfo, RedisInfo } from '../core/task.ts'
import { RedisMetrics } from './redis-metrics.ts'
import { ScaleMetrics } from './scale-metrics.ts'

/** What is read at each scrape. */
export interface Readings {
  readonly slots: number
  readonly busy: number
  readonly loopLagSeconds: number
  readonly isRedisUp: boolean
  /** By the name of each loop. */
  readonly turns?: ReadonlyMap<string, { readonly sinceMs: number }> | undefined
  /** Undefined unless this daemon is the one that exports them. */
  readonly queues: readonly QueueInfo[] | undefined
  /** Undefined as `queues`. */
  readonly scales?: readonly QueueScale[] | undefined
  /** Undefined as `queues`. */
  readonly redis?: RedisInfo | undefined
}

/** Types beyond this many are counted as `other`: labels come from outside. */
const TYPES_MOST = 200
const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]
const WAIT_BUCKETS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600]

/** Every metric, one row each. */
function declare(registers: Registry[]) {
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers })
  const counter = (name: string, help: string, labelNames: string[] = ['type']) =>
    new Counter({ name, help, labelNames, registers })
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name, help, buckets, labelNames: ['type'], registers })
  return {
    processed: counter('distributedq_processed_total', 'Attempts that ended here: success, retry or failed (dead)', [
      'status',
      'type',
    ]),
    duration: histogram('distributedq_task_duration_seconds', 'How long attempts ran', DURATION_BUCKETS),
    wait: histogram('distributedq_task_wait_seconds', 'From when a task could have run to its start', WAIT_BUCKETS),
    retries: counter('distributedq_retries_total', 'Attempts that failed and will be repeated'),
    reclaimed: counter('distributedq_reclaimed_total', 'Tasks taken back from silent workers; exported by one daemon'),
    stale: counter(
      'distributedq_stale_acks_total',
      'Ends of attempts that were refused: the task was no longer held here',
    ),
    enqueued: counter('distributedq_enqueued_total', 'Tasks enqueued by all producers; exported by one daemon'),
    depth: gauge('distributedq_queue_depth', 'Tasks by place; exported by one daemon', ['queue', 'name', 'priority']),
    oldest: gauge('distributedq_queue_oldest_seconds', 'Age of the task next to run; exported by one daemon', ['name']),
    slots: gauge('distributedq_worker_slots', 'Tasks this daemon can run at once'),
    busy: gauge('distributedq_worker_busy', 'Tasks this daemon runs now'),
    loopLag: gauge('distributedq_event_loop_lag_seconds', 'Longest delay of the event loop since the last scrape'),
    lastTurn: gauge('distributedq_loop_last_turn_seconds', 'Since a loop of this daemon last turned', ['loop']),
    redisUp: gauge('distributedq_redis_up', 'Whether Redis is connected'),
    buildInfo: gauge('distributedq_build_info', 'Versions; always 1', ['version', 'node']),
  }
}

/** The series of one type. */
interface OfType {
  readonly success: (durationMs: number) => void
  readonly failed: (durationMs: number) => void
  readonly retry: (durationMs: number) => void
  readonly wait: Histogram.Internal<string>
  readonly retries: Counter.Internal
  readonly stale: Counter.Internal
}

/** What Prometheus sees of this daemon: counted from events, and read at each scrape. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #all = declare([this.#registry])
  readonly #make = (name: string, help: string, labelNames: string[]): Gauge =>
    new Gauge({ name, help, labelNames, registers: [this.#registry] })
  readonly #scales = new ScaleMetrics(this.#make)
  readonly #redis = new RedisMetrics(this.#make)
  readonly #types = new Set<string>()
  readonly #ofType = new Map<string, OfType>()

  constructor(version: string) {
    this.#all.buildInfo.set({ version, node: process.version }, 1)
  }

  #type(type: string): string {
    if (this.#types.size < TYPES_MOST) this.#types.add(type)
    return this.#types.has(type) ? type : 'other'
  }

  /** What is counted of one type, looked up once: these are touched by every task. */
  #of(type: string): OfType {
    let known = this.#ofType.get(type)
    if (known === undefined) {
      const label = this.#type(type)
      const { processed, duration, wait, retries, stale } = this.#all
      const ended = (status: string): ((durationMs: number) => void) => {
        const [count, time] = [processed.labels({ status, type: label }), duration.labels({ type: label })]
        count.inc(0)
        return (durationMs) => {
          count.inc()
          time.observe(durationMs / 1_000)
        }
      }
      known = {
        success: ended('success'),
        failed: ended('failed'),
        retry: ended('retry'),
        wait: wait.labels({ type: label }),
        retries: retries.labels({ type: label }),
        stale: stale.labels({ type: label }),
      }
      // A counter that appears at 1 never rose, in the eyes of Prometheus.
      known.retries.inc(0)
      known.stale.inc(0)
      if (this.#ofType.size < 2 * TYPES_MOST) this.#ofType.set(type, known)
    }
    return known
  }

  /** @returns call it to stop counting. */
  count(events: Events): () => void {
    const offs = [
      events.on('task.started', ({ type, waitMs }) => {
        if (waitMs !== undefined) this.#of(type).wait.observe(waitMs / 1_000)
      }),
      events.on('task.completed', ({ type, durationMs }) => this.#of(type).success(durationMs)),
      events.on('task.dead', ({ type, durationMs }) => this.#of(type).failed(durationMs)),
      events.on('task.retrying', ({ type, durationMs }) => {
        this.#of(type).retry(durationMs)
        this.#of(type).retries.inc()
      }),
      events.on('task.stale', ({ type }) => this.#of(type).stale.inc()),
    ]
    return () => offs.forEach((off) => off())
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** The page that Prometheus scrapes. */
  text(readings: Readings): Promise<string> {
    const { slots, busy, loopLag, lastTurn, redisUp } = this.#all
    slots.set(readings.slots)
    busy.set(readings.busy)
    loopLag.set(readings.loopLagSeconds)
    for (const [loop, { sinceMs }] of readings.turns ?? []) lastTurn.set({ loop }, sinceMs / 1_000)
    redisUp.set(readings.isRedisUp ? 1 : 0)
    this.#setQueues(readings.queues ?? [])
    this.#scales.set(readings.scales ?? [])
    this.#redis.set(readings.redis)
    return this.#registry.metrics()
  }

  #setQueues(queues: readonly QueueInfo[]): void {
    const { depth, oldest, enqueued, reclaimed } = this.#all
    for (const metric of [depth, oldest, enqueued, reclaimed]) metric.reset()
    const total = (metric: Counter, event: string, queue: QueueInfo): void => {
      for (const [type, n] of Object.entries(queue.counters[event] ?? {})) metric.inc({ type: this.#type(type) }, n)
    }
    for (const queue of queues) {
      const { name } = queue
      for (const priority of PRIORITIES) depth.set({ queue: 'main_queue', name, priority }, queue.pending[priority])
      depth.set({ queue: 'processing_queue', name }, queue.active)
      depth.set({ queue: 'delayed_queue', name }, queue.scheduled)
      depth.set({ queue: 'blocked_queue', name }, queue.blocked)
      depth.set({ queue: 'limited_queue', name }, queue.limited)
      depth.set({ queue: 'dead_letter_queue', name }, queue.dead)
      oldest.set({ name }, (queue.oldestPendingMs ?? 0) / 1_000)
      total(enqueued, 'enqueued', queue)
      total(reclaimed, 'reclaimed', queue)
    }
  }
}
