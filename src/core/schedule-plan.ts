import { createHash } from 'node:crypto'
import { sha1 } from './envelope.ts'
import { DEFAULTS } from './limits.ts'
import { prepareTask } from './options.ts'
import { slotsOf } from './schedule.ts'
import type { Runs } from './schedule-runs.ts'
import { type Backlog, backlogOf, newestOf } from './schedule-slots.ts'
import type { PassedSlots } from './schedule-verbs.ts'
import type { ScheduleDefinition } from './schedules.ts'
import type { NewTask } from './verbs.ts'

/** A slot that is fired later than this, or after the next one is due, was missed. */
export const MISSED_AFTER_MS = 15_000

/** What is to be done with a cursor that is due. */
export interface Step {
  /** Names the run: its slot, or a trigger that waited. Undefined: all slots pass. */
  readonly run: string | undefined
  readonly nextMs: number | undefined
  readonly passed: PassedSlots | undefined
}

export type Asking = Omit<Step, 'passed'> & { readonly passed: 'uncounted' }

const passedOf = (why: PassedSlots['why'], firstMs: number, count: number): PassedSlots | undefined =>
  count > 0 ? { why, firstMs, count } : undefined

const followingMs = (schedule: ScheduleDefinition, nowMs: number): number | undefined =>
  schedule.enabled ? slotsOf(schedule)(nowMs) : undefined

/** Asks whether the run that waits may begin. To count what passed meanwhile takes long; that is done once, when it may. */
export const askingStep = (schedule: ScheduleDefinition, run: string, nowMs: number): Asking => ({
  run,
  nextMs: followingMs(schedule, nowMs),
  passed: 'uncounted',
})

/** The run that waited for the one before: what came due since then passes. */
function afterWaiting(schedule: ScheduleDefinition, run: string, nowMs: number): Step {
  const next = slotsOf(schedule)
  const nextMs = followingMs(schedule, nowMs)
  const firstMs = next(Number(run.replace('t', '')))
  const isPast = schedule.enabled && firstMs !== undefined && firstMs <= nowMs
  const passed = isPast ? passedOf('overlap', firstMs, backlogOf(schedule, firstMs, nowMs).count) : undefined
  return { run, nextMs, passed }
}

/** Of slots that nobody fired in time, the newest one at most runs. */
function newestOnly(schedule: ScheduleDefinition, backlog: Backlog, nowMs: number): Step {
  const { oldestMs, newestMs, count } = backlog
  const nextMs = slotsOf(schedule)(nowMs)
  if (schedule.missed === 'skip' && nowMs - newestMs > MISSED_AFTER_MS)
    return { run: undefined, nextMs, passed: passedOf('missed', oldestMs, count) }
  return { run: String(newestMs), nextMs, passed: passedOf('missed', oldestMs, count - 1) }
}

/** Each slot runs, except for those of an old backlog that is too long. */
function everyOne(schedule: ScheduleDefinition, backlog: Backlog): Step[] {
  const slots = newestOf(schedule, backlog)
  const following = slotsOf(schedule)(backlog.newestMs)
  return slots.map((slotMs, i) => ({
    run: String(slotMs),
    nextMs: slots[i + 1] ?? following,
    passed: i > 0 ? undefined : passedOf('missed', backlog.oldestMs, backlog.count - slots.length),
  }))
}

/** The steps of a schedule whose cursor is due, each from the cursor that the one before sets. */
export function stepsOf(
  schedule: ScheduleDefinition,
  runs: Pick<Runs, 'waiting'>,
  cursorMs: number,
  nowMs: number,
): Step[] {
  if (runs.waiting !== '') return [afterWaiting(schedule, runs.waiting, nowMs)]
  const backlog = backlogOf(schedule, cursorMs, Math.max(cursorMs, nowMs))
  return schedule.missed === 'all' ? everyOne(schedule, backlog) : [newestOnly(schedule, backlog, nowMs)]
}

/** When a run may begin: somewhere in the time of the jitter after its slot, the same for every daemon. */
export function dueOf({ name, jitterMs }: ScheduleDefinition, slotMs: number): number {
  if (jitterMs === 0) return slotMs
  const random = createHash('sha1').update(`${name}:${slotMs}`).digest().readUInt32BE(0) / 2 ** 32
  return slotMs + Math.floor(random * jitterMs)
}

/** The task of a run: its id is made of the names of both, so that two daemons make the same one. */
export function taskOf(schedule: ScheduleDefinition, run: string): { task: NewTask; dueMs: number } {
  const { name, type, queue, priority, payload, sealed } = schedule
  const slotMs = Number(run.replace('t', ''))
  const dueMs = run.startsWith('t') ? slotMs : dueOf(schedule, slotMs)
  // Bound to the schedule, an encrypted payload is the same for each run: whoever fires it needs no key.
  const protection = sealed === undefined ? undefined : { seal: () => sealed, fingerprint: sha1 }
  const context = { nextId: () => '', nowMs: slotMs, idempotencyTtlMs: DEFAULTS.idempotencyTtlMs, protection }
  const runAt = dueMs > slotMs ? dueMs : undefined
  const given = sealed === undefined ? payload : null
  return { task: prepareTask(type, given, { id: `${name}:${run}`, queue, priority, runAt }, {}, context).task, dueMs }
}
