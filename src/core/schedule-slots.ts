import { parseSpec, type NextSlot, type Rhythm, slotsOf } from './schedule.ts'

/** Slots beyond this many are counted no further, where counting takes a look at each. */
export const COUNTED_MOST = 5_000
/** What `missed: all` runs of a backlog. */
export const CAUGHT_UP_MOST = 1_000

const FIRST_WINDOW_MS = 60_000
const WINDOW_FACTOR = 8

/** Slots that are due. */
export interface Backlog {
  readonly oldestMs: number
  readonly newestMs: number
  /** At most `COUNTED_MOST`, unless they are counted without a look at each. */
  readonly count: number
}

/** The last slot up to a time, of those from `fromMs` on, which is one. Looks back as far as it has to, not further. */
function newestUpTo(next: NextSlot, fromMs: number, untilMs: number): number {
  for (let windowMs = FIRST_WINDOW_MS; ; windowMs *= WINDOW_FACTOR) {
    let newestMs = untilMs - windowMs <= fromMs ? fromMs : undefined
    let slotMs = next(newestMs ?? untilMs - windowMs)
    while (slotMs !== undefined && slotMs <= untilMs) {
      newestMs = slotMs
      slotMs = next(slotMs)
    }
    if (newestMs !== undefined) return newestMs
  }
}

/** The slots from one of them, which is due, to a time. */
export function backlogOf(rhythm: Rhythm, oldestMs: number, untilMs: number): Backlog {
  const parsed = parseSpec(rhythm.spec)
  const lastMs = Math.min(untilMs, rhythm.endMs ?? untilMs)
  if (parsed.kind === 'every') {
    const more = Math.max(0, Math.floor((lastMs - oldestMs) / parsed.everyMs))
    return { oldestMs, newestMs: oldestMs + more * parsed.everyMs, count: more + 1 }
  }
  const next = slotsOf(rhythm)
  let count = 1
  let newestMs = oldestMs
  for (let slotMs = next(oldestMs); slotMs !== undefined && slotMs <= lastMs; slotMs = next(slotMs)) {
    newestMs = slotMs
    if (++count < COUNTED_MOST) continue
    return { oldestMs, newestMs: newestUpTo(next, oldestMs, lastMs), count }
  }
  return { oldestMs, newestMs, count }
}

/** The newest `CAUGHT_UP_MOST` slots of a backlog, oldest first. */
export function newestOf(rhythm: Rhythm, { oldestMs, newestMs, count }: Backlog): number[] {
  const next = slotsOf(rhythm)
  for (let windowMs = CAUGHT_UP_MOST * 1000; ; windowMs *= 4) {
    const isAll = count <= CAUGHT_UP_MOST || newestMs - windowMs <= oldestMs
    const slots = isAll ? [oldestMs] : []
    for (let slotMs = next(isAll ? oldestMs : newestMs - windowMs); slotMs !== undefined && slotMs <= newestMs;) {
      slots.push(slotMs)
      slotMs = next(slotMs)
    }
    if (isAll || slots.length >= CAUGHT_UP_MOST) return slots.slice(-CAUGHT_UP_MOST)
  }
}

const GAPS_LOOKED_AT = 100

/** The shortest time between two of the next slots; undefined when there are no two. */
export function shortestGapMs(rhythm: Rhythm, afterMs: number): number | undefined {
  const next = slotsOf(rhythm)
  let shortest: number | undefined
  let slotMs = next(afterMs)
  for (let looked = 0; looked < GAPS_LOOKED_AT && slotMs !== undefined; looked++) {
    const followingMs = next(slotMs)
    if (followingMs === undefined) break
    shortest = Math.min(shortest ?? Infinity, followingMs - slotMs)
    slotMs = followingMs
  }
  return shortest
}
