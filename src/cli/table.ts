import type { Screen } from './screen.ts'
import { visible } from './text.ts'

export interface Column<T> {
  readonly title: string
  readonly cell: (row: T) => string | number | undefined
  /** Numbers stand at the right. */
  readonly right?: true
}

const GAP = '  '

/** Columns as wide as their widest cell; the last one gives way on a narrow terminal, and nowhere else is anything cut. */
export function printTable<T>(screen: Screen, rows: readonly T[], columns: readonly Column<T>[]): void {
  const cells = rows.map((row) => columns.map(({ cell }) => visible(String(cell(row) ?? ''))))
  const widths = columns.map(({ title }, i) => Math.max(title.length, ...cells.map((row) => row[i]!.length)))
  const lineOf = (texts: readonly string[]): string =>
    texts
      .map((text, i) => (columns[i]!.right ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)))
      .join(GAP)
      .trimEnd()
  const cut = (line: string): string =>
    screen.columns !== undefined && line.length > screen.columns ? `${line.slice(0, screen.columns - 1)}…` : line
  screen.print(screen.heading(cut(lineOf(columns.map(({ title }) => title)))))
  for (const row of cells) screen.print(cut(lineOf(row)))
}

/** `name  value` lines; those without a value are left out. */
export function printFacts(screen: Screen, facts: readonly (readonly [string, string | number | undefined])[]): void {
  const shown = facts.filter(([, value]) => value !== undefined && value !== '')
  const width = Math.max(0, ...shown.map(([name]) => name.length))
  for (const [name, value] of shown) screen.print(`${name.padEnd(width)}  ${visible(String(value))}`)
}
