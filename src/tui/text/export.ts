import { isUnshown } from '../../core/visible.ts'
import type { Safe } from './safe.ts'

/** JSON in which everything that a terminal would obey or hide is escaped, so that the file can be looked at. */
export function plainJson(value: unknown, space?: number): string {
  const text = JSON.stringify(value, null, space) ?? 'null'
  let out = ''
  for (const char of text) {
    if (char === '\n' || !isUnshown(char)) out += char
    else for (const unit of char.split('')) out += `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  }
  return out
}

/** A spreadsheet would take these for a formula. */
const FORMULA = /^[=+@\t-]/

function csvCell(text: string): string {
  const guarded = FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n']/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded
}

/** Rows of cells as CSV, with a head. */
export const csvOf = (heads: readonly Safe[], rows: readonly (readonly Safe[])[]): string =>
  [heads, ...rows].map((row) => row.map((cell) => csvCell(cell.trim())).join(',')).join('\r\n') + '\r\n'

/** `2026-11-22T021501Z`: sorts by time, and is a name on any file system. */
export const stampOf = (ms: number): string => new Date(ms).toISOString().replaceAll(':', '').replace(/\.\d+/, '')
