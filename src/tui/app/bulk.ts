import { setTimeout as pause } from 'node:timers/promises'
import { randomText } from '../../core/ids.ts'
import { type ConsoleChanges, keyOf } from '../source/source.ts'
import { type Act, type Change, type IdSet, countOf } from '../state/plan.ts'
import { plural } from '../text/format.ts'
import { type Safe, join, safeLine, say } from '../text/safe.ts'
import type { Keep } from './keep.ts'
import type { Result } from './result.ts'

type Bulk = Extract<Act, { sets: unknown }>

/** How a long change tells of itself, and hears that it should end. */
export interface Course {
  readonly progress: (label: Safe, done: number, total: number, skipped: number) => void
  readonly isStopped: () => boolean
}

interface Tally {
  done: number
  skipped: number
  duplicates: number
  /** Running, and their workers asked to stop. */
  requested: number
  readonly acted: string[]
}

/** Few enough that each call is short, and that a stop is felt at once. */
const BATCH = 100

function* batches(sets: readonly IdSet[], size: number): Generator<IdSet> {
  for (const { queue, ids } of sets) {
    for (let from = 0; from < ids.length; from += size) yield { queue, ids: ids.slice(from, from + size) }
  }
}

/** Of a slow change one batch is a second's worth; the last one needs no rest behind it. */
async function rest({ perSecond }: Bulk, isLast: boolean): Promise<void> {
  if (perSecond !== undefined && !isLast) await pause(1000)
}

async function replay(changes: ConsoleChanges, { queue, ids }: IdSet, operation: string, tally: Tally): Promise<void> {
  const { replayed, duplicates, skipped } = await changes.replay(queue, ids, { operation })
  tally.done += replayed.length
  tally.duplicates += duplicates.length
  tally.skipped += skipped.length
}

async function purge(changes: ConsoleChanges, { queue, ids }: IdSet, operation: string, tally: Tally): Promise<void> {
  const { purged, skipped } = await changes.purge(queue, ids, { operation })
  tally.done += purged.length
  tally.skipped += skipped.length
}

async function cancel(changes: ConsoleChanges, { queue, ids }: IdSet, _operation: string, tally: Tally): Promise<void> {
  const words = await changes.cancel(queue, ids)
  tally.done += words.filter((word) => word === 'cancelled').length
  tally.requested += words.filter((word) => word === 'requested').length
  tally.skipped += words.filter((word) => word === 'final' || word === 'not_found').length
}

async function hasten(changes: ConsoleChanges, { queue, ids }: IdSet, _operation: string, tally: Tally): Promise<void> {
  const words = await changes.hasten(queue, ids)
  tally.done += words.filter((word) => word === 'hastened').length
  tally.skipped += words.filter((word) => word !== 'hastened').length
}

const VERBS = {
  replay: { run: replay, did: say`replayed`, doing: say`replaying`, skipped: say`no longer dead` },
  purge: { run: purge, did: say`deleted`, doing: say`deleting`, skipped: say`no longer dead` },
  hasten: { run: hasten, did: say`put into line`, doing: say`putting into line`, skipped: say`waiting no more` },
  cancel: { run: cancel, did: say`cancelled`, doing: say`cancelling`, skipped: say`ended meanwhile` },
} as const

function summary(kind: Bulk['kind'], { done, skipped, duplicates, requested, acted }: Tally, total: number): Safe {
  const parts = [say`${VERBS[kind].did} ${plural(done, say`task`)}`]
  if (requested > 0) parts.push(say`${requested} running: their workers are asked to stop`)
  if (duplicates > 0) parts.push(say`${duplicates} not: another task holds their idempotency key`)
  if (skipped > 0) parts.push(say`${skipped} skipped: ${VERBS[kind].skipped}`)
  if (acted.length < total) parts.push(say`stopped: ${total - acted.length} left as they were`)
  if (kind === 'purge' && done > 0) parts.push(say`U takes it back for 15 minutes`)
  return join(parts, ' · ')
}

function undoable(act: Bulk, done: number, operation: string): Change | undefined {
  if (act.kind !== 'purge' || done === 0) return undefined
  const purges = act.sets.map(({ queue }) => ({ queue, operation }))
  const from = safeLine(purges.map(({ queue }) => queue).join(', '), 60)
  return { kind: 'purge', purges, label: say`delete of ${plural(done, say`task`)} from the DLQ of ${from}` }
}

/**
 * Changes the tasks that were confirmed, batch by batch; those that are no longer where they were are skipped.
 * @param keep writes a batch to a file first: what it does not give back is left alone.
 */
export async function bulk(changes: ConsoleChanges, act: Bulk, course: Course, keep?: Keep): Promise<Result> {
  const operation = randomText(12)
  const total = countOf(act.sets)
  const tally: Tally = { done: 0, skipped: 0, duplicates: 0, requested: 0, acted: [] }
  course.progress(VERBS[act.kind].doing, 0, total, 0)
  for (const batch of batches(act.sets, act.perSecond ?? BATCH)) {
    if (course.isStopped()) break
    const ids = keep === undefined ? batch.ids : await keep.set(batch)
    tally.skipped += batch.ids.length - ids.length
    await VERBS[act.kind].run(changes, { queue: batch.queue, ids }, operation, tally)
    tally.acted.push(...batch.ids.map((id) => keyOf({ queue: batch.queue, id })))
    course.progress(VERBS[act.kind].doing, tally.acted.length, total, tally.skipped)
    await rest(act, tally.acted.length === total)
  }
  const change = undoable(act, tally.done, operation)
  const tone = tally.done + tally.requested > 0 ? 'good' : 'warn'
  const text =
    keep?.note === undefined
      ? summary(act.kind, tally, total)
      : join([summary(act.kind, tally, total), keep.note], ' · ')
  return { text, tone, acted: tally.acted, ...(change && { change }) }
}
