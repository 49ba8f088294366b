import { randomText } from '../../core/ids.ts'
import { type ConsoleChanges, keyOf } from '../source/source.ts'
import { type Act, type Change, type IdSet, countOf } from '../state/plan.ts'
import { plural } from '../text/format.ts'
import { type Safe, join, safeLine, say } from '../text/safe.ts'
import type { Result } from './result.ts'

type Bulk = Extract<Act, { kind: 'replay' | 'purge' }>

/** How a long change tells of itself, and hears that it should end. */
export interface Course {
  readonly progress: (label: Safe, done: number, total: number, skipped: number) => void
  readonly isStopped: () => boolean
}

interface Tally {
  done: number
  skipped: number
  duplicates: number
  readonly acted: string[]
}

/** Few enough that each call is short, and that a stop is felt at once. */
const BATCH = 100

function* batches(sets: readonly IdSet[]): Generator<IdSet> {
  for (const { queue, ids } of sets) {
    for (let from = 0; from < ids.length; from += BATCH) yield { queue, ids: ids.slice(from, from + BATCH) }
  }
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

function summary(kind: Bulk['kind'], { done, skipped, duplicates, acted }: Tally, total: number): Safe {
  const verb = kind === 'replay' ? say`replayed` : say`deleted`
  const parts = [say`${verb} ${plural(done, say`task`)}`]
  if (duplicates > 0) parts.push(say`${duplicates} not: another task holds their idempotency key`)
  if (skipped > 0) parts.push(say`${skipped} skipped: no longer dead`)
  if (acted.length < total) parts.push(say`stopped: ${total - acted.length} left as they were`)
  if (kind === 'purge' && done > 0) parts.push(say`U takes it back for 15 minutes`)
  return join(parts, ' · ')
}

function undoable(act: Bulk, done: number, operation: string): Change | undefined {
  if (act.kind === 'replay' || done === 0) return undefined
  const queues = act.sets.map(({ queue }) => queue)
  const from = safeLine(queues.join(', '), 60)
  return { kind: 'purge', queues, operation, label: say`delete of ${plural(done, say`task`)} from the DLQ of ${from}` }
}

/** Replays or deletes the tasks that were confirmed, batch by batch; those that are no longer dead are skipped. */
export async function bulk(changes: ConsoleChanges, act: Bulk, course: Course): Promise<Result> {
  const operation = randomText(12)
  const total = countOf(act.sets)
  const tally: Tally = { done: 0, skipped: 0, duplicates: 0, acted: [] }
  const label = act.kind === 'replay' ? say`replaying` : say`deleting`
  for (const batch of batches(act.sets)) {
    if (course.isStopped()) break
    course.progress(label, tally.acted.length, total, tally.skipped)
    await (act.kind === 'replay' ? replay : purge)(changes, batch, operation, tally)
    tally.acted.push(...batch.ids.map((id) => keyOf({ queue: batch.queue, id })))
  }
  const change = undoable(act, tally.done, operation)
  const tone = tally.done > 0 ? 'good' : 'warn'
  return { text: summary(act.kind, tally, total), tone, acted: tally.acted, ...(change && { change }) }
}
