export type Fields = Readonly<Record<string, unknown>>
export type Write = (event: string, message: string, fields?: Fields) => void

/** Where a component says what no return value can: a stable event name, a sentence, and ids. A daemon's log is one. */
export interface Tell {
  readonly info: Write
  readonly warn: Write
  readonly error: Write
}
