import { queueKeys } from '../keys.ts'
import type { Settings } from './options.ts'

/** One queue of a worker, and what is known of it. Times are by `performance.now`. */
export interface Lane {
  readonly index: number
  readonly queue: string
  readonly weight: number
  readonly wakeKey: string
  /** A claim is under way: there is never more than one per queue. */
  claiming: boolean
  /** The last claim found nothing: wait for its wake token. */
  idle: boolean
  emptyAt: number
  /** Not before this: it failed, or is paused. */
  retryAt: number
  /** Claims that failed in a row. */
  failures: number
  /** How long to wait for silence when a suspect asks for it, and until when not to listen to that again. */
  patienceMs: number
  deafUntil: number
}

export const lanesOf = (settings: Settings): Lane[] =>
  settings.queues.map(({ name, weight }, index) => ({
    index,
    queue: name,
    weight,
    wakeKey: queueKeys(settings.namespace, name, settings.id).wake,
    claiming: false,
    idle: false,
    emptyAt: 0,
    retryAt: 0,
    failures: 0,
    patienceMs: settings.leaseMs,
    deafUntil: 0,
  }))

/** How many of `free` slots each lane may fill: by weight, fractions and order at random, so that no lane is always last. */
export function* sharesOf(lanes: readonly Lane[], free: number, random: () => number): Generator<[Lane, number]> {
  const left = [...lanes]
  let weights = left.reduce((sum, lane) => sum + lane.weight, 0)
  let slots = free
  while (left.length > 0 && slots > 0) {
    let at = random() * weights
    let i = 0
    while (i < left.length - 1 && at >= left[i]!.weight) at -= left[i++]!.weight
    const [lane] = left.splice(i, 1)
    const want = Math.max(1, Math.round((slots * lane!.weight) / weights))
    weights -= lane!.weight
    slots -= want
    yield [lane!, want]
  }
}

const BACKOFF_MIN_MS = 100
const BACKOFF_MAX_MS = 2000

/** Between half and all of 100 ms × 2^failures, 2 s at most. */
export const troubleMs = (failures: number, random: () => number): number =>
  Math.min(BACKOFF_MIN_MS * 2 ** Math.min(failures, 10), BACKOFF_MAX_MS) * (0.5 + random() / 2)
