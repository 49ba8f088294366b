import { createHash } from 'node:crypto'
import { type CronExpression, CronExpressionParser } from 'cron-parser'
import { durationMs } from './duration.ts'
import { DqError, messageOf } from './errors.ts'

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

function cronOf(spec: string, expression: string, timeZone: string, afterMs: number): CronExpression {
  try {
    // The seed makes `H` fields the same on every daemon.
    return CronExpressionParser.parse(expression, { currentDate: new Date(afterMs), tz: timeZone, hashSeed: spec })
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
  cronOf(text, text, 'UTC', 0)
  return { kind: 'cron', expression: text }
}

/**
 * Checks an IANA time zone name.
 * @throws DqError `invalid_input`.
 */
export function checkTimeZone(timeZone: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone && timeZone
  } catch (cause) {
    throw new DqError(
      'invalid_input',
      `time_zone: '${timeZone.slice(0, 100)}' is not a time zone; write one such as UTC or Europe/Berlin`,
      { details: ['time_zone'], cause },
    )
  }
}

export interface NextRunOptions {
  /** The answer lies after this, strictly. */
  readonly afterMs: number
  /** IANA name, for cron. Default UTC. */
  readonly timeZone?: string
  /** When the schedule was made: `@every` counts from here, so that every daemon finds the same slots. */
  readonly anchorMs: number
}

/**
 * The next slot of a schedule, ms since the epoch.
 * Around a change of clocks: a local time that does not exist runs as much later as the clocks jumped; one that exists
 * twice runs once.
 * @throws DqError `invalid_input` for a bad spec or zone, or when no slot ever comes.
 */
export function nextRunMs(spec: string, { afterMs, timeZone = 'UTC', anchorMs }: NextRunOptions): number {
  const parsed = parseSpec(spec)
  if (parsed.kind === 'every') {
    const passed = Math.max(0, Math.floor((afterMs - anchorMs) / parsed.everyMs))
    return anchorMs + (passed + 1) * parsed.everyMs
  }
  const cron = cronOf(spec, parsed.expression, checkTimeZone(timeZone), afterMs)
  try {
    return cron.next().getTime()
  } catch (cause) {
    throw refuse(spec, 'it has no next run', cause)
  }
}

/** The name of a schedule that was given none: the same request twice is one schedule. */
export function scheduleName(of: { spec: string; type: string; payload: unknown; queue: string }): string {
  const text = JSON.stringify([of.spec.trim(), of.type, of.payload ?? null, of.queue])
  return `s-${createHash('sha256').update(text).digest('hex').slice(0, 20)}`
}
