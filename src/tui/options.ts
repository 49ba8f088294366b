import { didYouMean } from '../config.ts'
import { durationMs } from '../core/duration.ts'
import { DqError } from '../core/errors.ts'

/** Options of the console itself; those of the connection come from the table that all programs share. */
export const OWN_OPTIONS = {
  interval: { type: 'string', describe: 'how often to read, from 500ms to 60s', defaultDescription: '1s' },
  context: { type: 'string', describe: 'a Redis by its name in ~/.config/dq/contexts.yaml' },
  'read-only': { type: 'boolean', describe: 'begin read-only; :write allows changes for 10 minutes' },
  once: {
    type: 'boolean',
    describe: 'print the overview as text and end: 0 all well, 1 something to look at, 2 unreachable',
  },
  json: { type: 'boolean', describe: 'the same as JSON' },
  ascii: { type: 'boolean', describe: 'draw with ASCII signs only' },
  color: { type: 'string', describe: 'auto, always or never; NO_COLOR means never', defaultDescription: 'auto' },
  'no-incremental': { type: 'boolean', describe: 'send whole screens: for terminals that leave traces' },
} as const

export interface OwnOptions {
  readonly intervalMs: number
  readonly context: string | undefined
  readonly isReadOnly: boolean
  readonly isOnce: boolean
  readonly isJson: boolean
  readonly isAscii: boolean
  readonly hasColours: boolean
  readonly isIncremental: boolean
}

type Given = Readonly<Record<string, unknown>>
type Env = Readonly<Record<string, string | undefined>>

/** Something on the command line that cannot be meant. */
export class UsageError extends Error {}

/** An option given twice comes as a list, and means nothing. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

function intervalOf(value: unknown): number {
  if (value === undefined) return 1000
  const text = textOf(value)
  try {
    const ms = durationMs(/^\d+(\.\d+)?$/.test(text) ? `${text}s` : text, '--interval')
    if (ms >= 500 && ms <= 60_000) return ms
  } catch (error) {
    // Not a duration at all: the same message says what would be one.
    if (!(error instanceof DqError)) throw error
  }
  throw new UsageError(
    `--interval: '${text}' is not a duration from 500ms to 60s; write 1s, 500ms or a number of seconds`,
  )
}

function coloursOf(value: unknown, env: Env): boolean {
  const text = value === undefined ? 'auto' : textOf(value)
  if (text === 'always') return true
  if (text === 'never') return false
  if (text !== 'auto') throw new UsageError(`--color: '${text}' is none of auto, always, never`)
  return (env['NO_COLOR'] ?? '') === '' && env['FORCE_COLOR'] !== '0'
}

/** A locale without UTF-8 that was asked for by name, or a terminal without its letters. */
function lacksUnicode(env: Env): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || ''
  return env['TERM'] === 'linux' || ['C', 'POSIX'].includes(locale)
}

/** @throws UsageError for the first option that is none. */
export function refuseUnknown(given: Given, known: readonly string[]): void {
  const stranger = Object.keys(given).find((name) => !known.includes(name))
  if (stranger === undefined) return
  const dashes = stranger.length === 1 ? '-' : '--'
  const hint = didYouMean(
    `--${stranger}`,
    known.map((name) => `--${name}`),
  )
  throw new UsageError(`there is no option ${dashes}${stranger}${hint || '; see dq-top --help'}`)
}

/** @throws UsageError */
export function ownOptions(given: Given, env: Env): OwnOptions {
  return {
    intervalMs: intervalOf(given['interval']),
    context: given['context'] === undefined ? undefined : textOf(given['context']),
    isReadOnly: given['read-only'] === true,
    isOnce: given['once'] === true || given['json'] === true,
    isJson: given['json'] === true,
    isAscii: given['ascii'] === true || lacksUnicode(env),
    hasColours: coloursOf(given['color'], env),
    isIncremental: given['no-incremental'] !== true,
  }
}
