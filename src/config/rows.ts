import type { Option } from './option.ts'
import { OPTIONS } from './table.ts'

type ValueOf<O> = O extends Option<infer T> ? T : never
export type OptionKey = keyof typeof OPTIONS
/** The values of all options, by their key. */
export type Values = { readonly [K in OptionKey]: ValueOf<(typeof OPTIONS)[K]> }
export const OPTION_KEYS = Object.keys(OPTIONS) as readonly OptionKey[]
/** The same rows, for those who treat all alike. */
export const ROWS: Readonly<Record<OptionKey, Option<unknown>>> = OPTIONS
