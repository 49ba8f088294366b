import type { Tone } from '../text/line.ts'
import type { Safe } from '../text/safe.ts'

/** Something that this console did, or that happened to its connection. */
export interface LogEntry {
  /** By our clock. */
  readonly atMs: number
  readonly kind: 'done' | 'link'
  readonly text: Safe
  readonly tone: Tone
}

const MOST = 200

export const withEntry = (log: readonly LogEntry[], entry: LogEntry): readonly LogEntry[] =>
  [...log, entry].slice(-MOST)
