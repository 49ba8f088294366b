import { destination, type Logger, type LoggerOptions, pino } from 'pino'
import type { LogLevel } from '../core/events.ts'
import { visible } from './visible.ts'

export type Fields = Readonly<Record<string, unknown>>
type Write = (event: string, message: string, fields?: Fields) => void

/** One line per call: a stable event name, a sentence, and ids. Payloads and results never go in. */
export interface Log extends Readonly<Record<LogLevel, Write>> {
  level: string
  /** Spares making what would not be written. */
  readonly writes: (level: LogLevel) => boolean
}

export interface LogOptions {
  readonly level: LogLevel
  readonly format: 'auto' | 'json' | 'pretty'
  readonly stdout: { readonly fd: number; readonly isTTY?: boolean }
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return visible(value)
  if (Array.isArray(value)) return value.map(cleaned)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [visible(key), cleaned(inner)]))
}

function logOf(logger: Logger): Log {
  const write =
    (level: LogLevel): Write =>
    (event, message, fields = {}) => {
      if (logger.isLevelEnabled(level)) logger[level]({ event, ...(cleaned(fields) as Fields) }, visible(message))
    }
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    writes: (level) => logger.isLevelEnabled(level),
    get level() {
      return logger.level
    },
    set level(level) {
      logger.level = level
    },
  }
}

/** Lines of JSON, or on a terminal lines for people. Each is written before the call returns. */
export async function createLog({ level, format, stdout }: LogOptions): Promise<Log> {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: (): string => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  const isPretty = format === 'pretty' || (format === 'auto' && stdout.isTTY === true)
  if (!isPretty) return logOf(pino(options, destination({ fd: stdout.fd, sync: true })))
  const { prettyFactory } = await import('pino-pretty')
  const pretty = prettyFactory({
    colorize: stdout.isTTY === true,
    ignore: 'event',
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
  })
  const out = destination({ fd: stdout.fd, sync: true })
  return logOf(pino(options, { write: (line: string) => void out.write(pretty(JSON.parse(line) as object)) }))
}
