import type { z } from 'zod'
import { yesNo } from './parsers.ts'

/** Another name for an option, kept for those who know it from elsewhere. */
export interface Alias {
  readonly env: string
  /** What the value means under the option's own name; undefined when it says nothing. */
  readonly read?: (text: string) => string | undefined
}

/** One row of the option table: everything that help, documentation and validation know of an option. */
export interface Option<T> {
  /** Without its dashes. Secrets have none: the arguments of a process are visible to everyone on the machine. */
  readonly flag?: string
  readonly env: string
  readonly aliases?: readonly Alias[]
  /** As text, as if somebody had written it; without one the option may be absent. */
  readonly fallback?: string
  /** What the documentation says in place of `fallback`. */
  readonly fallbackText?: string
  readonly parse: z.ZodType<T, string>
  readonly about: string
  /** Its value is never shown, and `<env>_FILE` names a file that holds it. */
  readonly secret?: true
  /** A flag that needs no value. */
  readonly switch?: true
  /** May be given more than once; one text separates its parts by commas. */
  readonly list?: true
  /** Also an option of `dq` and `dq-top`. */
  readonly connection?: true
}

/** A flag that needs no value. */
export const OFF = { fallback: 'false', parse: yesNo, switch: true } as const

type Given<T> = Omit<Option<T>, 'fallback'>

/** Declares an option; without `fallback` its value may be undefined. */
export function option<T>(row: Given<T> & { readonly fallback: string }): Option<T>
export function option<T>(row: Given<T>): Option<T | undefined>
export function option<T>(row: Option<T>): Option<T> {
  return row
}
