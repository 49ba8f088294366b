/**
 * Where one stands in a list. The cursor and the marks are keys of rows, never places: rows come and go under them.
 * `index` only says where the cursor's row was, for when it is gone.
 */
export interface ListState {
  /** Undefined until the cursor is moved, and after a jump to the top: it stays on the first row, whichever that is. */
  readonly key: string | undefined
  readonly index: number
  /** First row of the window. */
  readonly top: number
  readonly marks: ReadonlySet<string>
  /** As typed; rows that do not match it are not shown. */
  readonly filter: string
  /** How many tasks to look at for the filter, where not all are read. */
  readonly scan: number
  /** Where a range of marks began. */
  readonly anchor: string | undefined
  /** Marks everything that matches the filter and was there at that instant, read or not; by Redis's clock. */
  readonly allBeforeMs: number | undefined
  /** Shows only the rows that somebody should look at. */
  readonly isProblems: boolean
  readonly sort: { readonly column: string; readonly isReversed: boolean } | undefined
}

/** For a filter, at first; one reading looks at so many. */
export const FIRST_SCAN = 2_000

export const EMPTY_LIST: ListState = {
  key: undefined,
  index: 0,
  top: 0,
  marks: new Set(),
  filter: '',
  scan: FIRST_SCAN,
  anchor: undefined,
  allBeforeMs: undefined,
  isProblems: false,
  sort: undefined,
}

const clamp = (n: number, last: number): number => Math.max(0, Math.min(n, last))

/** The place of the cursor among the rows of now; 0 when there are none. */
export function cursorAt(list: ListState, keys: readonly string[]): number {
  if (list.key === undefined) return 0
  const found = keys.indexOf(list.key)
  return found >= 0 ? found : clamp(list.index, keys.length - 1)
}

/** Rows kept in sight above and below the cursor. */
const MARGIN = 2

/**
 * The first row of the window so that the cursor is in sight. At an edge the window moves by most of a page: a step of
 * one row would repaint every row for each press of a key.
 */
export function windowTop(top: number, index: number, height: number, rows: number): number {
  const last = Math.max(0, rows - height)
  const now = clamp(top, last)
  if (height <= 0) return 0
  const margin = Math.min(MARGIN, Math.floor((height - 1) / 2))
  const isInSight = (from: number): boolean =>
    (index >= from + margin || from === 0) &&
    (index < from + height - margin || from === last) &&
    index >= from &&
    index < from + height
  if (isInSight(now)) return now
  return index < now + margin ? clamp(index - height + margin + 1, last) : clamp(index - margin, last)
}

/** The list with its cursor on a row that exists, and that row in sight. */
export function settle(list: ListState, keys: readonly string[], height: number): ListState {
  const index = cursorAt(list, keys)
  return placed(list, keys, height, index, list.key === undefined ? undefined : keys[index])
}

export function moveTo(list: ListState, keys: readonly string[], height: number, to: number): ListState {
  const index = clamp(to, keys.length - 1)
  return placed(list, keys, height, index, to <= 0 ? undefined : keys[index])
}

function placed(
  list: ListState,
  keys: readonly string[],
  height: number,
  index: number,
  key: string | undefined,
): ListState {
  const top = windowTop(list.top, index, height, keys.length)
  return key === list.key && index === list.index && top === list.top ? list : { ...list, key, index, top }
}

export const moveBy = (list: ListState, keys: readonly string[], height: number, delta: number): ListState =>
  moveTo(list, keys, height, cursorAt(list, keys) + delta)

/** The list with another filter: from the top, and no mark of everything that matched the last one. */
export const withFilter = (list: ListState, filter: string): ListState =>
  filter === list.filter
    ? list
    : { ...list, filter, top: 0, scan: FIRST_SCAN, allBeforeMs: undefined, anchor: undefined }

export function toggleMark(list: ListState, key: string): ListState {
  const marks = new Set(list.marks)
  if (!marks.delete(key)) marks.add(key)
  return { ...list, marks, anchor: key }
}

/** Marks from where the range began to here, and goes on from here. */
export function markRange(list: ListState, keys: readonly string[]): ListState {
  const at = cursorAt(list, keys)
  const here = keys[at]
  if (here === undefined) return list
  const from = list.anchor === undefined ? at : Math.max(0, keys.indexOf(list.anchor))
  const range = keys.slice(Math.min(from, at), Math.max(from, at) + 1)
  return { ...list, marks: new Set([...list.marks, ...range]), anchor: here }
}

export const withMarks = (list: ListState, keys: Iterable<string>): ListState => ({
  ...list,
  marks: new Set(keys),
  anchor: undefined,
  allBeforeMs: undefined,
})

export function withoutMarks(list: ListState, keys: Iterable<string>): ListState {
  if (list.marks.size === 0 && list.allBeforeMs === undefined) return list
  const marks = new Set(list.marks)
  for (const key of keys) marks.delete(key)
  return { ...list, marks, allBeforeMs: undefined }
}
