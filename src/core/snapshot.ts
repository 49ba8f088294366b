import { idTimeMs } from './ids.ts'
import type { Ledger, QueueInfo, Rates } from './task.ts'
import { brokenReply } from './script.ts'

type Counters = Record<string, Record<string, number>>

/** `event:type n …` → event → type → n. Names of types may hold colons, those of events do not. */
function decodeCounters(flat: readonly string[]): { byType: Counters; claimed: number; stale: number } {
  const byType: Counters = {}
  let claimed = 0
  let stale = 0
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!
    const n = Number(flat[i + 1])
    const colon = name.indexOf(':')
    if (name === 'claimed') claimed = n
    else if (name === 'stale') stale = n
    else if (colon > 0 && !name.startsWith('type:')) (byType[name.slice(0, colon)] ??= {})[name.slice(colon + 1)] = n
  }
  return { byType, claimed, stale }
}

export const totalOf = (counters: QueueInfo['counters'], event: string): number =>
  Object.values(counters[event] ?? {}).reduce((sum, n) => sum + n, 0)

export interface Books {
  readonly tasks: number
  readonly pendingEntries: number
  readonly ghosts: number
  readonly scheduled: number
  readonly blocked: number
  readonly active: number
  readonly dead: number
  readonly trash: number
  readonly limited: number
  readonly leases: number
  readonly grantsLeft: number
  readonly counters: QueueInfo['counters']
}

/**
 * The conservation law of a queue: every task is in exactly one place, every held task belongs to a live grant, and
 * what came in equals what went out and what is still here.
 */
export function ledgerOf(books: Books): Ledger {
  const drift: string[] = []
  const { pendingEntries, ghosts, scheduled, blocked, limited, active, dead, trash } = books
  const places = pendingEntries - ghosts + scheduled + blocked + limited + active + dead + trash
  if (books.tasks !== places) drift.push(`${books.tasks} tasks, but ${places} places`)
  // -1: more grants than one look counts.
  if (books.grantsLeft !== -1 && books.grantsLeft !== books.active)
    drift.push(`${books.active} held tasks, but grants for ${books.grantsLeft}`)
  const total = (event: string): number => totalOf(books.counters, event)
  const came = total('enqueued') + total('restored') + total('adopted')
  const live = books.tasks - books.dead - books.trash
  const went = total('completed') + total('cancelled') + total('purged') + books.dead + live
  if (came !== went) drift.push(`${came} tasks came in, but ${went} went out or are here`)
  return { ok: drift.length === 0, drift }
}

/** Rates over the 10 whole seconds before now, from the last 16 slots of the ring. */
function ratesOf(nowMs: number, lastSecond: number, slots: readonly number[]): Rates {
  const now = Math.floor(nowMs / 1000)
  const sum = [0, 0, 0]
  for (let i = 0; i < slots.length / 4; i++) {
    const second = lastSecond - 15 + i
    if (second >= now || second < now - 10) continue
    for (let metric = 0; metric < 3; metric++) sum[metric]! += slots[i * 4 + metric]!
  }
  return { enqueued: sum[0]! / 10, completed: sum[1]! / 10, failed: sum[2]! / 10 }
}

function pausedOf(text: string): QueueInfo['paused'] {
  if (text === '') return undefined
  const bar = text.lastIndexOf('|')
  return { by: text.slice(0, bar), atMs: Number(text.slice(bar + 1)) }
}

/** Ids next to run, one per priority, whose age the caller may have to look up (see `QueueInfo.oldestPendingMs`). */
function oldestMs(nowMs: number, heads: readonly string[]): number | undefined {
  const ages = heads.flatMap((id) => {
    const at = id === '' ? undefined : idTimeMs(id)
    return at === undefined ? [] : [Math.max(0, nowMs - at)]
  })
  return ages.length === 0 ? undefined : Math.max(...ages)
}

/** A queue at one instant, with the two totals that belong to no type. */
export interface QueueSnapshot extends QueueInfo {
  readonly claimed: number
  readonly stale: number
}

/** The sizes a snapshot begins with, in the order in which the script gives them. */
const SIZES = [
  'atMs',
  'high',
  'normal',
  'low',
  'ghosts',
  'scheduled',
  'active',
  'leases',
  'grantsLeft',
  'dead',
  'trash',
  'completed',
  'tasks',
  'limited',
] as const

type Rest = [
  heads: string[],
  due: string,
  paused: string,
  schedules: number,
  counters: string[],
  lastSecond: number,
  slots: number[],
  blocked: number,
]

/** @param reply of `snapshot.lua`. @throws DqError `broken_reply` */
export function decodeSnapshot(name: string, reply: unknown): QueueSnapshot {
  if (!Array.isArray(reply) || reply.length < SIZES.length + 8) throw brokenReply('snapshot', reply)
  const size = Object.fromEntries(SIZES.map((what, i) => [what, Number(reply[i])])) as Record<
    (typeof SIZES)[number],
    number
  >
  const [heads, due, paused, schedules, flat, lastSecond, slots, blocked] = reply.slice(SIZES.length) as Rest
  const { byType: counters, claimed, stale } = decodeCounters(flat)
  const { atMs, high, normal, low, ghosts, grantsLeft, tasks, ...shown } = size
  return {
    ...shown,
    name,
    paused: pausedOf(paused),
    pending: { high, default: normal, low },
    schedules,
    blocked,
    oldestPendingMs: oldestMs(atMs, heads),
    soonestDueMs: due === '' ? undefined : Number(due),
    rates: ratesOf(atMs, lastSecond, slots),
    counters,
    ledger: ledgerOf({ ...shown, blocked, tasks, ghosts, grantsLeft, counters, pendingEntries: high + normal + low }),
    atMs,
    claimed,
    stale,
  }
}
