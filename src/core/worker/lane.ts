import { queueKeys } from '../keys.ts'
import type { Settings } from './options.ts'

export { troubleMs } from '../trouble.ts'

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
  /** Until a limit has room again. */
  later: NodeJS.Timeout | undefined
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
    later: undefined,
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
