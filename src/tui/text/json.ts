import type { Json } from '../../core/task.ts'
import { type Safe, BLOCK_CAP, BLOCK_LINES, repeat, safeLine, say } from './safe.ts'

const DEPTH_CAP = 64
const STRING_CAP = 4096
const INDENT = 2

interface Printer {
  readonly lines: Safe[]
  characters: number
}

const isFull = (printer: Printer): boolean => printer.lines.length >= BLOCK_LINES || printer.characters >= BLOCK_CAP

function put(printer: Printer, depth: number, text: Safe): void {
  if (isFull(printer)) return
  printer.lines.push(say`${repeat(say` `, depth * INDENT)}${text}`)
  printer.characters += text.length
}

const quoted = (raw: string): Safe => say`"${safeLine(raw.replaceAll('"', '\\"'), STRING_CAP)}"`

function scalar(value: null | boolean | number | string): Safe {
  if (typeof value === 'string') return quoted(value)
  return safeLine(String(value))
}

type Branch = readonly Json[] | { readonly [key: string]: Json | undefined }

const isBranch = (value: Json): value is Branch => typeof value === 'object' && value !== null

function entriesOf(value: Branch): readonly (readonly [Safe, Json])[] {
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => [say``, item] as const)
  return Object.entries(value).flatMap(([key, item]) =>
    item === undefined ? [] : [[say`${quoted(key)}: `, item] as const],
  )
}

function print(printer: Printer, value: Json, depth: number, before: Safe, after: Safe): void {
  if (isFull(printer)) return
  if (!isBranch(value)) return put(printer, depth, say`${before}${scalar(value)}${after}`)
  const [open, close] = Array.isArray(value) ? [say`[`, say`]`] : [say`{`, say`}`]
  const entries = entriesOf(value)
  if (entries.length === 0) return put(printer, depth, say`${before}${open}${close}${after}`)
  if (depth >= DEPTH_CAP) return put(printer, depth, say`${before}${open} … ${close}${after}`)
  put(printer, depth, say`${before}${open}`)
  entries.forEach(([key, item], at) => {
    print(printer, item, depth + 1, key, at === entries.length - 1 ? say`` : say`,`)
  })
  put(printer, depth, say`${close}${after}`)
}

/** The value over several lines, printed from what was parsed, bounded in depth, lines and size. */
export function prettyJson(value: Json): readonly Safe[] {
  const printer: Printer = { lines: [], characters: 0 }
  print(printer, value, 0, say``, say``)
  return isFull(printer) ? [...printer.lines, say`… more than is shown here`] : printer.lines
}
