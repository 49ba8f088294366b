import { createHash } from 'node:crypto'
import { PRIORITY_LETTER, type Priority, priorityOfLetter } from './priority.ts'

/**
 * What is stored of a task, in three lines: a header that scripts read (see `lua/lib/envelope.lua`), JSON of what differs
 * from the defaults (may be empty), and the payload's JSON, which nothing but the handler's process ever parses.
 */
export interface Envelope {
  readonly type: string
  readonly priority: Priority
  readonly payloadJson: string
  /** Undefined: the id tells (see `idTimeMs`). */
  readonly createdAtMs: number | undefined
  readonly runAtMs: number | undefined
  readonly maxRetries: number | undefined
  readonly timeoutMs: number | undefined
  readonly resultTtlMs: number | undefined
  readonly traceparent: string | undefined
  readonly idempotencyKey: string | undefined
  /** The extras of the header as stored: whoever ends the task hands them back. */
  readonly extras: string
  /** Why this is not an envelope of ours, when it is not. */
  readonly malformed: string | undefined
}

/** The rare fields, under one letter each. */
interface Rare {
  c?: number
  u?: number
  r?: number
  t?: number
  k?: number
  p?: string
  i?: string
}

export interface NewEnvelope {
  readonly type: string
  readonly priority: Priority
  readonly payloadJson: string
  readonly createdAtMs?: number | undefined
  readonly runAtMs?: number | undefined
  readonly maxRetries?: number | undefined
  readonly timeoutMs?: number | undefined
  readonly resultTtlMs?: number | undefined
  readonly traceparent?: string | undefined
  readonly idempotencyKey?: string | undefined
  /** Set when the caller chose the id. */
  readonly contentHash?: number | undefined
  /** Of its limits, as stored: the same key shares them. */
  readonly limitKey?: string | undefined
  readonly idempotencyTtlMs?: number | undefined
  /** What makes it unique, hashed, and for how long. */
  readonly unique?: { readonly sha: string; readonly forMs: number } | undefined
}

export const sha1 = (text: string): string => createHash('sha1').update(text).digest('base64url')

/** 20 bits over what a task is: its type, payload, policy and parents, without time and trace. */
export function contentHash(task: NewEnvelope, parents: readonly string[] = []): number {
  const what = [
    task.type,
    task.priority,
    task.payloadJson,
    task.maxRetries,
    task.timeoutMs,
    task.idempotencyKey,
    ...parents.toSorted(),
  ]
  return createHash('sha1').update(JSON.stringify(what)).digest().readUIntBE(0, 3) >> 4
}

function extrasOf(task: NewEnvelope): string {
  const extras: string[] = []
  if (task.idempotencyKey !== undefined) extras.push(`i=${sha1(task.idempotencyKey)}`)
  if (task.idempotencyTtlMs !== undefined && (extras.length > 0 || task.contentHash !== undefined))
    extras.push(`k=${Math.ceil(task.idempotencyTtlMs / 1000)}`)
  if (task.contentHash !== undefined) extras.push(`h=${task.contentHash}`)
  if (task.timeoutMs !== undefined) extras.push(`t=${task.timeoutMs}`)
  if (task.limitKey !== undefined) extras.push(`g=${task.limitKey}`)
  if (task.unique !== undefined) extras.push(`u=${task.unique.sha}`, `w=${task.unique.forMs}`)
  return extras.join('|')
}

/** The envelope of a task without any options. */
export const plainEnvelope = (type: string, priority: Priority, payloadJson: string): string =>
  `${PRIORITY_LETTER[priority]}|${type}\n\n${payloadJson}`

export function encodeEnvelope(task: NewEnvelope): string {
  const extras = extrasOf(task)
  const head = `${PRIORITY_LETTER[task.priority]}${extras ? 'x' : ''}|${task.type}${extras && `|${extras}`}`
  const rare: Rare = {}
  if (task.createdAtMs !== undefined) rare.c = task.createdAtMs
  if (task.runAtMs !== undefined) rare.u = task.runAtMs
  if (task.maxRetries !== undefined) rare.r = task.maxRetries
  if (task.timeoutMs !== undefined) rare.t = task.timeoutMs
  if (task.resultTtlMs !== undefined) rare.k = task.resultTtlMs
  if (task.traceparent !== undefined) rare.p = task.traceparent
  if (task.idempotencyKey !== undefined) rare.i = task.idempotencyKey
  const json = JSON.stringify(rare)
  return `${head}\n${json === '{}' ? '' : json}\n${task.payloadJson}`
}

const HEAD = /^([hdl])x?\|([A-Za-z0-9][A-Za-z0-9._:-]{0,63})(?:\|([^\n]*))?$/

const malformed = (text: string, why: string): Envelope => ({
  type: 'malformed',
  priority: 'default',
  payloadJson: text,
  createdAtMs: undefined,
  runAtMs: undefined,
  maxRetries: undefined,
  timeoutMs: undefined,
  resultTtlMs: undefined,
  traceparent: undefined,
  idempotencyKey: undefined,
  extras: '',
  malformed: why,
})

interface Head {
  readonly type: string
  readonly priority: Priority
  readonly extras: string
}

/** Headers without extras are few; reading each once is most of the work of decoding. */
const plainHeads = new Map<string, Head>()
const PLAIN_HEADS_MAX = 1_000

function parseHead(text: string): Head | undefined {
  const known = plainHeads.get(text)
  if (known !== undefined) return known
  const found = HEAD.exec(text)
  if (found === null) return undefined
  const head = { type: found[2]!, priority: priorityOfLetter(found[1]), extras: found[3] ?? '' }
  if (head.extras === '' && plainHeads.size < PLAIN_HEADS_MAX) plainHeads.set(text, head)
  return head
}

/** Never throws: foreign content comes back with `malformed` set and its raw text as payload. */
export function decodeEnvelope(text: string): Envelope {
  const headEnd = text.indexOf('\n')
  const rareEnd = text.indexOf('\n', headEnd + 1)
  if (headEnd < 0 || rareEnd < 0) return malformed(text, 'not an envelope')
  const head = parseHead(text.slice(0, headEnd))
  if (head === undefined) return malformed(text, 'unknown header')
  const rare = rareEnd === headEnd + 1 ? NO_RARE : parseRare(text.slice(headEnd + 1, rareEnd))
  if (rare === undefined) return malformed(text, 'broken options')
  return {
    type: head.type,
    priority: head.priority,
    payloadJson: text.slice(rareEnd + 1),
    createdAtMs: rare.c,
    runAtMs: rare.u,
    maxRetries: rare.r,
    timeoutMs: rare.t,
    resultTtlMs: rare.k,
    traceparent: rare.p,
    idempotencyKey: rare.i,
    extras: head.extras,
    malformed: undefined,
  }
}

const NO_RARE: Rare = {}

const isOptional = (value: unknown, type: 'number' | 'string'): boolean => value === undefined || typeof value === type

/** @returns undefined when somebody else wrote this line. */
function parseRare(text: string): Rare | undefined {
  let rare: unknown
  try {
    rare = JSON.parse(text)
  } catch {
    // Not JSON.
    return undefined
  }
  if (typeof rare !== 'object' || rare === null) return undefined
  const { c, u, r, t, k, p, i } = rare as Rare
  const isOurs =
    [c, u, r, t, k].every((one) => isOptional(one, 'number')) && [p, i].every((one) => isOptional(one, 'string'))
  return isOurs ? rare : undefined
}
