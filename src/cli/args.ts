import { durationMs } from '../core/duration.ts'
import { NAME } from '../core/keys.ts'
import { refuseName, UsageError } from './exit.ts'

/** One option of a command. */
export interface OptionRow {
  readonly about: string
  /** A flag that needs no value. */
  readonly switch?: true
  /** What stands for its value in the help. */
  readonly value?: string
}
export type OptionRows = Readonly<Record<string, OptionRow>>

/** Parsed arguments: positional ones in order, options by name. Every getter throws UsageError that names the option. */
export class Args {
  readonly positional: readonly string[]
  readonly options: Readonly<Record<string, unknown>>

  constructor(positional: readonly string[], options: Readonly<Record<string, unknown>>) {
    this.positional = positional
    this.options = options
  }

  has(name: string): boolean {
    return this.options[name] !== undefined
  }

  flag(name: string): boolean {
    const value = this.options[name]
    if (Array.isArray(value)) throw new UsageError(`--${name} is given more than once`)
    return value === true
  }

  text(name: string): string | undefined {
    const value = this.options[name]
    if (value === undefined) return undefined
    if (Array.isArray(value)) throw new UsageError(`--${name} is given more than once`)
    if (typeof value !== 'string' || value === '') throw new UsageError(`--${name} needs a value`)
    return value
  }

  /** A name of a queue, type or schedule. */
  name(name: string): string | undefined {
    const value = this.text(name)
    if (value !== undefined) checkName(`--${name}`, value)
    return value
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    return values.find((one) => one === value) ?? refuseName(name, value, values)
  }

  whole(name: string, min: number, max: number): number | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
    if (number >= min && number <= max) return number
    throw new UsageError(`--${name} '${value}' is not a whole number from ${min} to ${max}`)
  }

  /** `500ms`, `30s`, `1m30s`; ms. */
  duration(name: string): number | undefined {
    const value = this.text(name)
    return value === undefined ? undefined : durationMs(value, `--${name}`)
  }

  /** RFC 3339; ms since the epoch. */
  instant(name: string): number | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const ms = Date.parse(value)
    if (Number.isFinite(ms)) return ms
    throw new UsageError(`--${name} '${value}' is no time; write RFC 3339 such as 2026-01-31T09:00:00Z`)
  }

  /** RFC 3339, or how long ago: `1h`; ms since the epoch. */
  past(name: string, nowMs: number): number | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    if (/^\d+(?:\.\d+)?(?:ms|s|m|h|d)/.test(value)) return nowMs - durationMs(value, `--${name}`)
    const ms = Date.parse(value)
    if (Number.isFinite(ms)) return ms
    throw new UsageError(`--${name} '${value}' is no time; write 2026-01-31T09:00:00Z, or how long ago, such as 1h`)
  }
}

/** @throws UsageError for what cannot be a name. */
export function checkName(what: string, value: string): string {
  if (NAME.test(value)) return value
  throw new UsageError(`${what} '${value.slice(0, 80)}' is no name; write 1 to 64 letters, digits, and . _ : -`)
}
