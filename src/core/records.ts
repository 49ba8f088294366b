import { hidden } from './encryption/sealed.ts'
import { fingerprint, sealedFingerprint } from './fingerprint.ts'
import { LIMITS } from './limits.ts'
import { type Priority, priorityOfLetter } from './priority.ts'
import type { AttemptInfo, Json } from './task.ts'

const cut = (text: string, chars: number): string => (text.length <= chars ? text : `${text.slice(0, chars - 1)}…`)

/** Encrypts what is told of a run. */
export type Seal = (field: 'result' | 'error' | 'stack', text: string) => string

/**
 * One line of `failures`: JSON, and behind a tab the stack, which only the newest line keeps.
 * @param diesAs the type of a task that dies of it: its line begins with its fingerprint, where `lua/lib/groups.lua` looks.
 * @param seal of a task that is encrypted: message and stack are, too.
 */
export function failureLine(
  attempt: Omit<AttemptInfo, 'worker' | 'group' | 'sealed'> & { worker: string },
  diesAs?: string,
  seal?: Seal,
): string {
  const shape = seal === undefined ? fingerprint : sealedFingerprint
  const message = cut(attempt.message, LIMITS.messageChars)
  const head = JSON.stringify({
    f: diesAs === undefined ? undefined : shape({ ...attempt, type: diesAs }),
    n: attempt.attempt,
    at: attempt.atMs,
    w: attempt.worker,
    r: attempt.reason,
    ...(seal === undefined ? { m: message } : { e: seal('error', message) }),
  })
  if (attempt.stack === undefined) return head
  const stack = cut(attempt.stack, LIMITS.stackChars)
  return `${head}\t${JSON.stringify(seal === undefined ? stack : seal('stack', stack))}`
}

/** What somebody else may have written: a field of another type reads as none. */
type Foreign = Readonly<Record<string, unknown>>
const numberIn = (json: Foreign, key: string): number | undefined =>
  typeof json[key] === 'number' ? json[key] : undefined
const textIn = (json: Foreign, key: string): string | undefined =>
  typeof json[key] === 'string' ? json[key] : undefined

function parseFailure(line: string): AttemptInfo {
  const [head, stack] = line.split('\t', 2)
  try {
    const json = JSON.parse(head ?? '') as Foreign
    const told = stack === undefined ? undefined : String(JSON.parse(stack))
    const sealed = textIn(json, 'e')
    return {
      attempt: numberIn(json, 'n') ?? 0,
      atMs: numberIn(json, 'at') ?? 0,
      worker: textIn(json, 'w'),
      reason: textIn(json, 'r') ?? 'unknown',
      group: textIn(json, 'f'),
      ...(sealed === undefined
        ? { message: textIn(json, 'm') ?? '', stack: told }
        : { message: hidden(sealed), stack: undefined, sealed: { message: sealed, stack: told } }),
    }
  } catch {
    // A foreign line is shown as it is, so that nothing hides.
    return {
      attempt: 0,
      atMs: 0,
      worker: undefined,
      reason: 'malformed',
      message: cut(line, LIMITS.messageChars),
      stack: undefined,
    }
  }
}

export interface Failures {
  readonly priority: Priority
  readonly type: string
  /** Newest first. */
  readonly attempts: readonly AttemptInfo[]
}

export function decodeFailures(text: string | null | undefined): Failures {
  const [head = '', ...lines] = (text ?? '').split('\n')
  const [letter, type = ''] = head.split('|', 2)
  return { priority: priorityOfLetter(letter), type, attempts: lines.filter((line) => line !== '').map(parseFailure) }
}

/** What is kept of a finished task. */
export interface ResultRecord {
  readonly type: string
  readonly status: 'completed' | 'cancelled'
  readonly attempt: number | undefined
  readonly worker: string | undefined
  readonly createdAtMs: number | undefined
  readonly startedAtMs: number | undefined
  readonly finishedAtMs: number | undefined
  readonly traceId: string | undefined
  readonly result: Json | undefined
  /** The same as it is stored, of an encrypted task. */
  readonly sealed: string | undefined
  /** Set when the result was too large to keep. */
  readonly resultOmittedBytes: number | undefined
}

/**
 * @param resultJson JSON of the result, or undefined when the handler returned nothing.
 *   Text over the limit is left out and its size kept instead.
 * @param seal of a task that is encrypted.
 */
export function resultRecord(
  record: {
    type: string
    attempt: number
    worker: string
    createdAtMs: number | undefined
    startedAtMs: number
    finishedAtMs: number
    traceId?: string | undefined
    resultJson: string | undefined
  },
  seal?: Seal,
): string {
  const { resultJson } = record
  let text = `{"t":"${record.type}","s":"completed","a":${record.attempt},"w":"${record.worker}"`
  if (record.createdAtMs !== undefined) text += `,"c":${record.createdAtMs}`
  text += `,"b":${record.startedAtMs},"f":${record.finishedAtMs}`
  if (record.traceId !== undefined) text += `,"p":"${record.traceId}"`
  if (resultJson !== undefined) {
    const bytes = resultJson.length <= LIMITS.resultBytes / 3 ? 0 : Buffer.byteLength(resultJson)
    if (bytes > LIMITS.resultBytes) text += `,"o":${bytes}`
    else text += seal === undefined ? `,"r":${resultJson}` : `,"e":"${seal('result', resultJson)}"`
  }
  return `${text}}`
}

/** @returns undefined for foreign content: there is no record to show. */
export function decodeResult(text: string): ResultRecord | undefined {
  let json: Foreign | null
  try {
    json = JSON.parse(text) as Foreign | null
  } catch {
    // Not JSON.
    return undefined
  }
  if (json === null) return undefined
  const sealed = textIn(json, 'e')
  return {
    type: textIn(json, 't') ?? 'unknown',
    status: json['s'] === 'cancelled' ? 'cancelled' : 'completed',
    attempt: numberIn(json, 'a'),
    worker: textIn(json, 'w'),
    createdAtMs: numberIn(json, 'c'),
    startedAtMs: numberIn(json, 'b'),
    finishedAtMs: numberIn(json, 'f'),
    traceId: textIn(json, 'p'),
    result: sealed === undefined ? (json['r'] as Json | undefined) : hidden(sealed),
    sealed,
    resultOmittedBytes: numberIn(json, 'o'),
  }
}

/** The numbers of `attempts`, see `lua/lib/attempts.lua`. */
export interface AttemptCounts {
  readonly runs: number
  readonly retries: number
  readonly crashes: number
  /** How often in a row its worker died while it was there. */
  readonly suspect: number
  readonly snoozes: number
  readonly unknownSinceMs: number | undefined
}

export function decodeCounts(text: string | null | undefined): AttemptCounts {
  const [runs = 0, retries = 0, crashes = 0, suspect = 0, snoozes = 0, unknown = 0] = (text ?? '')
    .split(',')
    .map((n) => Number(n) || 0)
  return { runs, retries, crashes, suspect, snoozes, unknownSinceMs: unknown || undefined }
}
