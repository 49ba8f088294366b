import { createHash } from 'node:crypto'
import { keyIdOf, isSealed } from './encryption/sealed.ts'
import { decodeEnvelope } from './envelope.ts'
import { DqError } from './errors.ts'
import type { Opened } from './encryption/keyring.ts'
import { LIMITS } from './limits.ts'
import { type JsonProblem, jsonProblem } from './json-problem.ts'

/** A dead task as an edit begins with it. */
export interface Editable {
  /** As it is stored: what was edited is taken only while it still is this. */
  readonly envelope: string
  readonly type: string
  readonly payloadJson: string
}

/** Opens the payload of a task. */
type Open = (sealed: string, type: string, extras: string) => Opened

/**
 * @throws DqError `invalid_input` when nothing of it is known but that it is no task of ours, or its payload was changed
 * by somebody without its key; `no_key` when it is encrypted with a key that is not here.
 */
export function editableOf(envelope: string, open: Open): Editable {
  const { type, payloadJson, extras, malformed } = decodeEnvelope(envelope)
  if (malformed !== undefined) throw refused(malformed)
  if (!isSealed(payloadJson)) return { envelope, type, payloadJson }
  const opened = open(payloadJson, type, extras)
  if ('text' in opened) return { envelope, type, payloadJson: opened.text }
  const kid = keyIdOf(payloadJson)
  if (opened.problem === 'broken') throw refused(`its payload cannot be opened with key ${kid}`)
  throw new DqError(
    'no_key',
    `its payload is encrypted with key ${kid}: edit it with dq dlq replay --payload and a file of keys that has ${kid}`,
  )
}

const refused = (why: string): DqError =>
  new DqError('invalid_input', `this task cannot be edited: ${why}; purge it and enqueue it anew`)

/** Blanks between the values of a JSON text; what stands in strings is matched first, and kept. */
const BLANKS = /("(?:[^"\\]|\\.)*")|[ \t\n\r]+/g

/** What is no JSON, and where. */
export class JsonError extends DqError {
  readonly at: JsonProblem

  constructor(at: JsonProblem) {
    super('invalid_input', `the payload is no JSON: line ${at.line}, column ${at.column}: ${at.text}`, {
      details: ['payload'],
    })
    this.at = at
  }
}

/**
 * A JSON text without its blanks. Its numbers stay as they were written: more digits than a double has are no mistake.
 * @throws JsonError, or DqError `payload_too_large`
 */
export function compactPayload(text: string): string {
  const problem = jsonProblem(text)
  if (problem !== undefined) throw new JsonError(problem)
  const json = text.replaceAll(BLANKS, '$1')
  const bytes = Buffer.byteLength(json)
  if (bytes <= LIMITS.payloadBytes) return json
  throw new DqError('payload_too_large', `payload has ${bytes} bytes, the limit is ${LIMITS.payloadBytes}`, {
    details: ['payload'],
  })
}

/** How the scripts compare an envelope with the one that was shown. */
export const digestOf = (envelope: string): string => createHash('sha1').update(envelope).digest('hex')

/**
 * The same task with another payload: whatever else is known of it stays.
 * @param seal where the payload was encrypted.
 */
export function withPayload(
  { envelope }: Pick<Editable, 'envelope'>,
  json: string,
  seal: (json: string) => string,
): string {
  const { payloadJson } = decodeEnvelope(envelope)
  return envelope.slice(0, envelope.length - payloadJson.length) + (isSealed(payloadJson) ? seal(json) : json)
}

type Fields = Readonly<Record<string, unknown>>

/** Of what is no object none. */
function fieldsOf(json: string): Fields {
  const value = jsonProblem(json) === undefined ? (JSON.parse(json) as unknown) : undefined
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

/** Which fields of two payloads differ; both empty when one is no object, or when they only are written otherwise. */
export interface FieldChanges {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly string[]
}

/** Compares what stands at the top of two JSON texts. */
export function fieldChanges(before: string, after: string): FieldChanges {
  const [was, is] = [fieldsOf(before), fieldsOf(after)]
  const shared = Object.keys(was).filter((name) => Object.hasOwn(is, name))
  return {
    added: Object.keys(is).filter((name) => !Object.hasOwn(was, name)),
    removed: Object.keys(was).filter((name) => !Object.hasOwn(is, name)),
    changed: shared.filter((name) => JSON.stringify(was[name]) !== JSON.stringify(is[name])),
  }
}
