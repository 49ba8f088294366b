import type { Objective, ObjectiveReport } from './slo.ts'
import type { QueueInfo, Series, WorkerInfo } from './task.ts'

/** Tasks per second over the last whole minute and the last five. */
export interface Rate {
  readonly oneMinute: number
  readonly fiveMinutes: number
}

/** What an autoscaler, or a person, has to know of a queue. */
export interface QueueScale {
  readonly queue: string
  readonly paused: boolean
  readonly pending: number
  readonly active: number
  /** Age of the task next to run. */
  readonly oldestMs: number | undefined
  /** Enqueued. Delayed tasks count when they are enqueued; retries do not count. */
  readonly arrival: Rate
  /** Completed, or given up. */
  readonly drain: Rate
  /** Until nothing is pending if all goes on so; 0 when nothing is, undefined when the line does not get shorter. */
  readonly etaMs: number | undefined
  /** Of live workers that serve the queue and are not quiet; they may serve others too. */
  readonly workers: number
  readonly slots: { readonly total: number; readonly busy: number }
  /** How many workers of the present size it would take, see `suggest`. */
  readonly suggestedWorkers: number
  /** Why, in words and numbers. */
  readonly reason: string
  readonly slo: ObjectiveReport | undefined
}

/** Time in which what waits should be gone, where no objective says. */
const CATCH_UP_MS = 60_000
/** How full slots should be: at more, waits grow quickly. */
const FULL = 0.8
/** One step up never asks for more than this many times the present. */
const STEP_UP = 2

const sum = (values: readonly number[]): number => values.reduce((all, n) => all + n, 0)

/** Over the whole seconds before the current one. */
function rateOf(series: Series, ...metrics: readonly (readonly number[])[]): Rate {
  const over = (seconds: number): number => {
    const from = -Math.min(seconds + 1, series.enqueued.length)
    return sum(metrics.map((values) => sum(values.slice(from, -1)))) / seconds
  }
  return { oneMinute: over(60), fiveMinutes: over(300) }
}

/** The last minute; where nothing ended in it, five. */
const latest = ({ oneMinute, fiveMinutes }: Rate): number => (oneMinute > 0 ? oneMinute : fiveMinutes)

/** How long a line takes at the rates of now. */
export function etaMs(pending: number, arrival: Rate, drain: Rate): number | undefined {
  if (pending === 0) return 0
  const net = latest(drain) - arrival.oneMinute
  return net > 0 ? Math.round((pending / net) * 1_000) : undefined
}

export interface ScaleReading {
  readonly info: QueueInfo
  readonly seconds: Series
  readonly workers: readonly WorkerInfo[]
  readonly slo: ObjectiveReport | undefined
}

/** Live workers that would take a task of this queue now. */
export const serving = (workers: readonly WorkerInfo[], queue: string): readonly WorkerInfo[] =>
  workers.filter(({ silent, quiet, slots, queues }) => !silent && !quiet && slots > 0 && queues.includes(queue))

export function scaleOf({ info, seconds, workers, slo }: ScaleReading): QueueScale {
  const able = serving(workers, info.name)
  const pending = info.pending.high + info.pending.default + info.pending.low
  const arrival = rateOf(seconds, seconds.enqueued)
  const drain = rateOf(seconds, seconds.completed, seconds.dead)
  const ended = rateOf(seconds, seconds.completed, seconds.failed)
  const known = {
    queue: info.name,
    paused: info.paused !== undefined,
    pending,
    active: info.active,
    oldestMs: info.oldestPendingMs,
    arrival,
    drain,
    etaMs: info.paused === undefined ? etaMs(pending, arrival, drain) : pending === 0 ? 0 : undefined,
    workers: able.length,
    slots: { total: sum(able.map(({ slots }) => slots)), busy: sum(able.map(({ busy }) => busy)) },
    slo,
  }
  const isIdle = info.scheduled + info.schedules + info.active === 0
  return { ...known, ...suggest(known, latest(ended), isIdle, slo) }
}

type Known = Omit<QueueScale, 'suggestedWorkers' | 'reason'>
type Suggestion = Pick<QueueScale, 'suggestedWorkers' | 'reason'>

const round = (n: number): number => Math.round(n * 100) / 100
const inSeconds = (ms: number): string => `${round(ms / 1_000)} s`

/**
 * Slots = (arrival + pending / catch-up time) x seconds a task holds a slot / 0.8, by Little's law: a task holds a slot for
 * active / ended per second. Workers = slots / slots of a worker, rounded up. At least 1 where there is or may be work, at
 * most twice the present number at once; none only where nothing waits, runs, comes or is planned.
 * @param isIdle nothing runs, is scheduled or recurs.
 */
function suggest(known: Known, endedPerSecond: number, isIdle: boolean, slo: Objective | undefined): Suggestion {
  const { workers, pending, active, arrival, slots } = known
  if (known.paused) return { suggestedWorkers: workers, reason: 'the queue is paused: workers change nothing' }
  if (isIdle && pending === 0 && arrival.fiveMinutes === 0)
    return { suggestedWorkers: 0, reason: 'nothing waits, runs, is planned, or came within five minutes' }
  if (workers === 0)
    return {
      suggestedWorkers: 1,
      reason: `no live worker serves the queue, and ${pending === 1 ? '1 task waits' : `${pending} tasks wait`}`,
    }
  if (endedPerSecond === 0 || active === 0) return { suggestedWorkers: workers + growth(known), reason: blind(known) }
  const holdSeconds = active / endedPerSecond
  const catchUpMs = slo?.waitMs ?? CATCH_UP_MS
  const perSecond = latest(arrival) + pending / Math.max(1, catchUpMs / 1_000)
  const needed = (perSecond * holdSeconds) / FULL
  const each = slots.total / workers
  const wanted = Math.max(1, Math.ceil(round(needed / each)))
  const most = workers * STEP_UP
  const cut = wanted > most ? `, of which ${most} at once` : ''
  return {
    suggestedWorkers: Math.min(wanted, most),
    reason:
      `${round(latest(arrival))} tasks/s come and ${pending} wait, to be gone in ${inSeconds(catchUpMs)}; each holds a slot ` +
      `for ${inSeconds(holdSeconds * 1_000)}: ${round(needed)} slots at 80 % use, ${round(each)} a worker, ` +
      `${wanted} ${wanted === 1 ? 'worker' : 'workers'}${cut}`,
  }
}

/** How many more, where nothing says how long a task takes: one, when all slots are taken and tasks wait. */
const growth = ({ pending, slots }: Known): number => (pending > 0 && slots.busy >= slots.total ? 1 : 0)

function blind(known: Known): string {
  return growth(known) === 0
    ? 'nothing ended within five minutes, or nothing runs: the present number is enough as far as can be seen'
    : `all ${known.slots.total} slots are taken, ${known.pending} tasks wait, and none ended within five minutes: one more`
}
