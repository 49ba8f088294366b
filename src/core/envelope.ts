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
  readonly idempotencyTtlMs?: number | undefined
}

export const sha1 = (text: string): string => createHash('sha1').update(text).digest('base64url')

/** 20 bits over what a task is: its type, payload and policy, without time and trace. */
export function contentHash(task: NewEnvelope): number {
  const what = [task.type, task.priority, task.payloadJson, task.maxRetries, task.timeoutMs, task.idempotencyKey]
  return createHash('sha1').update(JSON.stringify(what)).digest().readUIntBE(0, 3) >> 4
}

function extrasOf(task: NewEnvelope): string {
  const extras: string[] = []
  if (task.idempotencyKey !== undefined) extras.push(`i=${sha1(task.idempotencyKey)}`)
  if (task.idempotencyTtlMs !== undefined && (extras.length > 0 || task.contentHash !== undefined))
    extras.push(`k=${Math.ceil(task.idempotencyTtlMs / 1000)}`)
  if (task.contentHash !== undefined) extras.push(`h=${task.contentHash}`)
  if (task.timeoutMs !== undefined) extras.push(`t=${task.timeoutMs}`)
  return extras.join('|')
}

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

function malformed(text: string, why: string): Envelope {
  return { ...NOTHING, payloadJson: text, malformed: why }
}

const NOTHING: Envelope = {
  type: 'malformed',
  priority: 'default',
  payloadJson: 'null',
  createdAtMs: undefined,
  runAtMs: undefined,
  maxRetries: undefined,
  timeoutMs: undefined,
  resultTtlMs: undefined,
  traceparent: undefined,
  idempotencyKey: undefined,
  extras: '',
  malformed: undefined,
}

/** Never throws: foreign content comes back with `malformed` set and its raw text as payload. */
export function decodeEnvelope(text: string): Envelope {
  const headEnd = text.indexOf('\n')
  const rareEnd = text.indexOf('\n', headEnd + 1)
  if (headEnd < 0 || rareEnd < 0) return malformed(text, 'not an envelope')
  const head = HEAD.exec(text.slice(0, headEnd))
  if (!head) return malformed(text, 'unknown header')
  const common = { type: head[2]!, priority: priorityOfLetter(head[1]), payloadJson: text.slice(rareEnd + 1) }
  if (rareEnd === headEnd + 1) return { ...NOTHING, ...common, extras: head[3] ?? '' }
  try {
    const rare = JSON.parse(text.slice(headEnd + 1, rareEnd)) as Rare
    return {
      ...common,
      createdAtMs: rare.c,
      runAtMs: rare.u,
      maxRetries: rare.r,
      timeoutMs: rare.t,
      resultTtlMs: rare.k,
      traceparent: rare.p,
      idempotencyKey: rare.i,
      extras: head[3] ?? '',
      malformed: undefined,
    }
  } catch {
    // Not JSON: somebody else wrote this line.
    return malformed(text, 'broken options')
  }
}
