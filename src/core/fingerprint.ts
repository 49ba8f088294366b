import { createHash } from 'node:crypto'

/** What of a failure says which kind it is. */
export interface FailureShape {
  readonly type: string
  readonly reason: string
  readonly message: string
  readonly stack: string | undefined
}

const LENGTH = 10
const MESSAGE_MAX = 200

/** What differs between two failures of one kind: ids, numbers, addresses, what was quoted. */
const VARIABLE: readonly (readonly [RegExp, string])[] = [
  [/"[^"]*"|'[^']*'|`[^`]*`/g, '"…"'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, 'ID'],
  [/\b[0-9A-HJKMNP-TV-Z]{26}\b/g, 'ID'],
  [/\S+@\S+/g, 'ADDRESS'],
  [/\bhttps?:\/\/\S+/gi, 'URL'],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{7,}\b/gi, 'ID'],
  [/\d+(?:\.\d+)*/g, '#'],
]

/** A message without what differs from one failure of a kind to the next. */
export function normalised(message: string): string {
  let text = message.split('\n', 1)[0]!.slice(0, 4 * MESSAGE_MAX)
  for (const [pattern, by] of VARIABLE) text = text.replaceAll(pattern, by)
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, MESSAGE_MAX)
}

/** Of a stack and of one of its lines no more is looked at: both may hold whatever a message was made of. */
const STACK_MAX = 8_000
const LINE_MAX = 300

/** Function and file of the first frame that is not Node's own, without its line: those move with every change. */
function topFrame(stack: string, message: string): string {
  const head = stack.slice(0, STACK_MAX + message.length)
  // A stack begins with its message, in which anything may stand.
  const from = head.indexOf(message)
  const lines = head.slice(from < 0 ? 0 : from + message.length).split('\n')
  const frames = lines.map((line) => line.slice(0, LINE_MAX).trim()).filter((line) => line.startsWith('at '))
  const own = frames.find((line) => !/\bnode:|node_modules/.test(line)) ?? ''
  const place = own.replace(/^at (?:async )?/, '').replace(/(?::\d+){1,2}\)?$/, '')
  const file = place.slice(Math.max(place.lastIndexOf('/'), place.lastIndexOf('\\')) + 1)
  const paren = place.indexOf(' (')
  return paren < 0 ? file : `${place.slice(0, paren)} ${file}`
}

const hashOf = (kind: readonly string[]): string =>
  createHash('sha1').update(kind.join('\n')).digest('hex').slice(0, LENGTH)

/** The same for failures of the same kind: type, reason, message but for what differs, and where it was thrown. */
export function fingerprint({ type, reason, message, stack }: FailureShape): string {
  return hashOf([type, reason, normalised(message), topFrame(stack ?? '', message)])
}

/** What stands before the message in a stack. */
const NAME_OF_ERROR = /^[A-Za-z_$][\w$]{0,59}(?: \[[A-Z_]{1,60}\])?: $/

/**
 * The same where the message is a secret: type, reason, name of the error and where it was thrown. A stack in which the
 * message is not found might hold some of it anywhere, and is not looked at.
 */
export function sealedFingerprint({ type, reason, message, stack = '' }: FailureShape): string {
  const from = message === '' ? -1 : stack.indexOf(message)
  const name = stack.slice(0, Math.max(0, from))
  if (!NAME_OF_ERROR.test(name)) return hashOf([type, reason])
  return hashOf([type, reason, name, topFrame(stack, message)])
}
