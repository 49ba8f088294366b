import type { Size } from './state.ts'

export const MIN_SIZE: Size = { columns: 60, rows: 15 }

/** How the rows of the screen are given away; everything else follows from it. */
export interface Layout {
  readonly isTooSmall: boolean
  /** Header and tabs share one row, and no rule stands over the last row. */
  readonly isLow: boolean
  /** Fewer columns than a list can show side by side. */
  readonly isNarrow: boolean
  readonly isWide: boolean
  readonly bodyRows: number
}

export function layoutOf({ columns, rows }: Size): Layout {
  const isLow = rows < 20
  return {
    isTooSmall: columns < MIN_SIZE.columns || rows < MIN_SIZE.rows,
    isLow,
    isNarrow: columns < 80,
    isWide: columns >= 110,
    bodyRows: Math.max(0, rows - (isLow ? 2 : 4)),
  }
}

/** How many rows of the body go to the selected row's details, their rule included. */
export function detailRows({ bodyRows }: Layout, wanted: number): number {
  const most = bodyRows >= 26 ? 8 : bodyRows >= 20 ? 5 : bodyRows >= 16 ? 3 : 0
  return Math.min(most, wanted + 1)
}
