import { createHash } from 'node:crypto'
import { type CronExpression, CronExpressionParser } from 'cron-parser'
import { durationMs } from './duration.ts'
import { DqError, messageOf } from './errors.ts'
import { type Zone, zoneOf } from './zone.ts'

/** A schedule's rhythm, checked. */
export type ParsedSpec =
  | { readonly kind: 'every'; readonly everyMs: number }
  | { readonly kind: 'cron'; readonly expression: string }

const MACROS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}
const EVERY = /^@every\s+(\S+)$/
const EVERY_MIN_MS = 1000
const FORMS = 'write five or six cron fields, @hourly (@daily, @weekly, @monthly, @yearly), or @every 1m30s'

const refuse = (spec: string, problem: string, cause?: unknown): DqError =>
  new DqError('invalid_input', `spec: '${spec.slice(0, 100)}' is not a schedule: ${problem}; ${FORMS}`, {
    details: ['spec'],
    cause,
  })

function everyMs(spec: string, text: string): number {
  const ms = /^\d+$/.test(text) ? undefined : durationMs(text, `spec '${spec}'`)
  if (ms === undefined) throw refuse(spec, `'${text}' has no unit`)
  if (ms < EVERY_MIN_MS) throw refuse(spec, 'the shortest interval is 1s')
  return ms
}

function cronOf(spec: string, expression: string): CronExpression {
  try {
    // The clocks of the zone are read as if they were UTC. The seed makes `H` fields the same on every daemon.
    return CronExpressionParser.parse(expression, { currentDate: new Date(0), tz: 'UTC', hashSeed: spec })
  } catch (cause) {
    throw refuse(spec, messageOf(cause), cause)
  }
}

/**
 * Checks a spec: `* * * * *`, the same with seconds in front, `@hourly` and its like, or `@every 1m30s`.
 * @throws DqError `invalid_input` that says what is wrong and what can be written.
 */
export function parseSpec(spec: string): ParsedSpec {
  const text = spec.trim()
  const every = EVERY.exec(text)
  if (every) return { kind: 'every', everyMs: everyMs(text, every[1]!) }
  if (text.startsWith('@')) {
    const macro = MACROS[text.toLowerCase()]
    if (macro === undefined) throw refuse(text, 'no such name')
    return { kind: 'cron', expression: macro }
  }
  const fields = text === '' ? 0 : text.split(/\s+/).length
  if (fields !== 5 && fields !== 6) throw refuse(text, `it has ${fields} fields`)
  cronOf(text, text)
  return { kind: 'cron', expression: text }
}

/**
 * Checks an IANA time zone name.
 * @throws DqError `invalid_input`.
 */
export function checkTimeZone(timeZone: string): string {
  try {
    zoneOf(timeZone)
    return timeZone
  } catch (cause) {
    throw new DqError(
      'invalid_input',
      `time_zone: '${timeZone.slice(0, 100)}' is not a time zone; write one such as UTC or Europe/Berlin`,
      { details: ['time_zone'], cause },
    )
  }
}

/** What decides when a schedule runs. */
export interface Rhythm {
  readonly spec: string
  /** IANA name, for cron. */
  readonly timeZone: string
  /** When the schedule was made: `@every` counts from here, or from its start, so that every daemon finds the same slots. */
  readonly createdAtMs: number
  /** No slot lies before or after these. */
  readonly startMs?: number | undefined
  readonly endMs?: number | undefined
}

/** The first slot after a time, strictly; undefined when none comes. */
export type NextSlot = (afterMs: number) => number | undefined

/** Slots of `@every`: each interval after the anchor, and at the anchor itself when that is a start. */
function everySlots(stepMs: number, anchorMs: number, isStart: boolean): NextSlot {
  const first = isStart ? 0 : 1
  return (afterMs) => anchorMs + Math.max(first, Math.floor((afterMs - anchorMs) / stepMs) + 1) * stepMs
}

/** The first time at or after that the clocks show what matches, in ms as they show it; undefined when none comes. */
type NextMatch = (wallMs: number) => number | undefined

function matchesOf(cron: CronExpression): NextMatch {
  return (wallMs) => {
    cron.reset(new Date(wallMs - 1))
    return cron.hasNext() ? cron.next().getTime() : undefined
  }
}

/** Slots of every hour: they go on as time does, whatever the clocks show twice or leave out. */
function hourlySlots(match: NextMatch, zone: Zone): NextSlot {
  return (afterMs) => {
    for (let fromMs = afterMs + 1; ;) {
      const offsetMs = zone.offsetMs(fromMs)
      const wallMs = match(fromMs + offsetMs)
      if (wallMs === undefined || zone.offsetMs(wallMs - offsetMs) === offsetMs)
        return wallMs === undefined ? undefined : wallMs - offsetMs
      fromMs = zone.changeBetween(fromMs, wallMs - offsetMs)
    }
  }
}

/** Slots at times of the clock: each of these is one instant, see `Zone.instantOf`. */
function clockSlots(match: NextMatch, zone: Zone): NextSlot {
  return (afterMs) => {
    let best: number | undefined
    for (let wallMs = match(zone.wallFrom(afterMs)); wallMs !== undefined; wallMs = match(wallMs + 1)) {
      const atMs = zone.instantOf(wallMs)
      if (atMs > afterMs && (best === undefined || atMs < best)) best = atMs
      // One that a jump moved may lie behind later ones.
      if (best !== undefined && wallMs >= best + zone.offsetMs(best)) return best
    }
    return best
  }
}

function cronSlots(spec: string, expression: string, timeZone: string): NextSlot {
  const match = matchesOf(cronOf(spec, expression))
  const zone = zoneOf(checkTimeZone(timeZone))
  const hours = expression.trim().split(/\s+/).at(-4)
  return zone.isUtc || hours === '*' ? hourlySlots(match, zone) : clockSlots(match, zone)
}

/**
 * The slots of a schedule. They do not depend on who asks when: around a change of clocks a local time that does not exist
 * runs as much later as the clocks jumped, and one that exists twice runs once, the first time; what runs every hour goes
 * on as time does.
 * @throws DqError `invalid_input` for a bad spec or zone.
 */
export function slotsOf({ spec, timeZone, createdAtMs, startMs, endMs = Infinity }: Rhythm): NextSlot {
  const parsed = parseSpec(spec)
  const next =
    parsed.kind === 'every'
      ? everySlots(parsed.everyMs, startMs ?? createdAtMs, startMs !== undefined)
      : cronSlots(spec, parsed.expression, timeZone)
  return (afterMs) => {
    const slotMs = next(startMs === undefined ? afterMs : Math.max(afterMs, startMs - 1))
    return slotMs === undefined || slotMs > endMs ? undefined : slotMs
  }
}

/** The name of a schedule that was given none: the same request twice is one schedule. */
export function scheduleName(of: { spec: string; type: string; payload: unknown; queue: string }): string {
  const text = JSON.stringify([of.spec.trim(), of.type, of.payload ?? null, of.queue])
  return `s-${createHash('sha256').update(text).digest('hex').slice(0, 20)}`
}
