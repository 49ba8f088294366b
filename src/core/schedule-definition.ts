import { durationMs } from './duration.ts'
import { DqError, messageOf } from './errors.ts'
import { NAME } from './keys.ts'
import { DEFAULTS } from './limits.ts'
import { encodePayload } from './payload.ts'
import { isPriority, PRIORITIES, type Priority } from './priority.ts'
import { checkTimeZone, scheduleName, slotsOf } from './schedule.ts'
import { shortestGapMs } from './schedule-slots.ts'
import { MISSED, OVERLAP, type ScheduleDefinition } from './schedules.ts'
import type { Json, MissedPolicy, OverlapPolicy } from './task.ts'

/** A recurring task, as it is asked for. Durations are ms, or text such as `'30s'`. */
export interface NewSchedule {
  /** Default: made of what it does, so that saving the same twice is one schedule. */
  readonly name?: string | undefined
  /** Cron expression of five or six fields, `@hourly` and its like, or `@every 1m30s`. */
  readonly spec: string
  /** IANA name, for cron expressions. Default UTC. */
  readonly timeZone?: string | undefined
  readonly type: string
  readonly payload?: Json | undefined
  readonly queue?: string | undefined
  readonly priority?: Priority | undefined
  /** No slot lies before this; `@every` counts from here. A Date, ms since the epoch, or RFC 3339. */
  readonly start?: Date | number | string | undefined
  /** No slot lies after this. */
  readonly end?: Date | number | string | undefined
  /** Default: as it is, and true for a new one. */
  readonly enabled?: boolean | undefined
  /** Slots that nobody was there to fire: the newest one runs (`once`, default), none does, or all do, at most 1,000. */
  readonly missed?: MissedPolicy | undefined
  /** A slot while the run before goes on: runs beside it (`allow`, default), passes, or waits for its end, at most one. */
  readonly overlap?: OverlapPolicy | undefined
  /** Runs begin up to so much later than their slots, by an amount of each slot's own. Default 0. */
  readonly jitter?: number | string | undefined
}

/** The year 2243: what lies beyond it is a slip of the keyboard. */
const LATEST_MS = 8.64e12

const refuse = (field: string, message: string, cause?: unknown): DqError =>
  new DqError('invalid_input', `${field}: ${message}`, { details: [field], cause })

function nameOf(field: string, value: unknown): string {
  if (typeof value === 'string' && NAME.test(value)) return value
  throw refuse(
    field,
    `'${String(value).slice(0, 80)}' has to be 1 to 64 letters, digits, . _ : or -, beginning with a letter or digit`,
  )
}

function oneOf<T extends string>(field: string, value: unknown, words: readonly T[]): T {
  const found = words.find((word) => word === value)
  if (found !== undefined) return found
  throw refuse(field, `'${String(value).slice(0, 80)}' has to be one of ${words.join(', ')}`)
}

function instant(field: string, value: Date | number | string | undefined): number | undefined {
  if (value === undefined) return undefined
  const ms = typeof value === 'string' ? Date.parse(value) : Number(value)
  if (Number.isFinite(ms) && ms >= 0 && ms <= LATEST_MS) return Math.round(ms)
  throw refuse(field, `'${String(value).slice(0, 80)}' is no time; write RFC 3339 such as 2026-01-31T09:00:00Z`)
}

function jitterOf(value: number | string): number {
  try {
    return durationMs(value, 'jitter')
  } catch (cause) {
    throw refuse('jitter', `'${value}' is not a duration of 0 or more; write 500ms, 30s or 5m`, cause)
  }
}

function checkTogether(schedule: ScheduleDefinition, nowMs: number): void {
  const { startMs, endMs, missed, overlap, jitterMs } = schedule
  if (startMs !== undefined && endMs !== undefined && endMs < startMs)
    throw refuse('end', 'lies before the start; swap them, or leave one out')
  if (missed === 'all' && overlap !== 'allow')
    throw new DqError(
      'invalid_input',
      `missed 'all' wants a run of every slot, overlap '${overlap}' passes some; use missed 'once', or overlap 'allow'`,
      { details: ['missed', 'overlap'] },
    )
  const fromMs = Math.max(nowMs, startMs ?? 0)
  const next = slotsOf({ ...schedule, endMs: undefined })
  let slotMs: number | undefined
  try {
    slotMs = next(fromMs)
  } catch (cause) {
    throw cause instanceof DqError
      ? cause
      : refuse('spec', `'${schedule.spec}' has no next run: ${messageOf(cause)}`, cause)
  }
  if (slotMs === undefined)
    throw refuse('spec', `'${schedule.spec.slice(0, 100)}' never comes; look at its day and month`)
  if (endMs !== undefined && startMs !== undefined && (next(startMs - 1) ?? Infinity) > endMs)
    throw refuse('end', 'no run lies between start and end; move one of them')
  const gapMs = jitterMs === 0 ? undefined : shortestGapMs({ ...schedule, endMs: undefined }, fromMs)
  if (gapMs !== undefined && jitterMs > gapMs)
    throw refuse(
      'jitter',
      `${jitterMs} ms is longer than the shortest interval between runs, ${gapMs} ms; make it shorter`,
    )
}

/**
 * Checks a schedule and completes it.
 * @throws DqError `invalid_input`, `payload_too_large`, naming the field.
 */
export function definitionOf(given: NewSchedule, nowMs: number, source?: string): ScheduleDefinition {
  encodePayload(given.payload)
  const { spec, payload = null } = given
  if (typeof spec !== 'string') throw refuse('spec', 'is missing; write five cron fields, or @every 1m')
  if (given.enabled !== undefined && typeof given.enabled !== 'boolean')
    throw refuse('enabled', 'has to be true or false')
  const queue = nameOf('queue', given.queue ?? DEFAULTS.queue)
  const type = nameOf('type', given.type)
  const priority = given.priority ?? 'default'
  if (!isPriority(priority)) oneOf('priority', priority, PRIORITIES)
  const schedule: ScheduleDefinition = {
    name: nameOf('name', given.name ?? scheduleName({ spec, type, payload, queue })),
    spec: spec.trim(),
    timeZone: checkTimeZone(given.timeZone ?? 'UTC'),
    type,
    queue,
    priority,
    payload,
    createdAtMs: nowMs,
    startMs: instant('start', given.start),
    endMs: instant('end', given.end),
    enabled: given.enabled ?? true,
    missed: oneOf('missed', given.missed ?? 'once', MISSED),
    overlap: oneOf('overlap', given.overlap ?? 'allow', OVERLAP),
    jitterMs: jitterOf(given.jitter ?? 0),
    source,
  }
  checkTogether(schedule, nowMs)
  return schedule
}

/** Declares a schedule in code, for the option `schedules` of a worker. @throws DqError as `definitionOf`. */
export function defineSchedule(schedule: NewSchedule): NewSchedule {
  definitionOf(schedule, Date.now())
  return schedule
}
