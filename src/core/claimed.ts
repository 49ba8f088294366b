import { decodeEnvelope, type Envelope } from './envelope.ts'
import { decodeCounts } from './records.ts'
import { brokenReply } from './script.ts'

/** A task as its new holder gets it. */
export interface Claimed {
  readonly id: string
  readonly nonce: string
  /** Grows with every grant of the queue, for fencing downstream. */
  readonly fence: number
  readonly envelope: Envelope
  /** 1 for the first run. */
  readonly attempt: number
  readonly retries: number
  readonly crashes: number
  /** How often in a row its worker died while it was there. */
  readonly suspect: number
  readonly snoozes: number
  readonly unknownSinceMs: number | undefined
  /** Whether Redis keeps attempts or failures of it, to be forgotten at success. */
  readonly hasRecord: boolean
}

export type ClaimReply =
  | { readonly word: 'paused' }
  /** `drain`: a suspect waits for a worker that runs nothing else. */
  | { readonly word: 'empty'; readonly drain: boolean; readonly laterMs: number | undefined }
  | {
      readonly word: 'granted'
      readonly nonce: string
      readonly drain: boolean
      readonly alone: boolean
      /** In how long a limit lets the next task start. */
      readonly laterMs: number | undefined
      /** Redis's clock at the grant. */
      readonly nowMs: number
      readonly tasks: readonly Claimed[]
    }

const laterOf = (text: unknown): number | undefined => (typeof text === 'string' ? Number(text) : undefined)

/** @throws DqError `broken_reply` */
export function decodeClaim(reply: unknown): ClaimReply {
  if (!Array.isArray(reply)) throw brokenReply('claim', reply)
  const [word, nonce, hint, nowMs, ids, envelopes, counts, alone, later] = reply as unknown[]
  if (word === 'paused') return { word }
  if (word === 'empty') return { word, drain: nonce === 'drain', laterMs: laterOf(hint) }
  if (word !== 'granted' || typeof nonce !== 'string' || !Array.isArray(ids)) throw brokenReply('claim', reply)
  const fence = Number.parseInt(nonce, 10)
  const texts = envelopes as (string | null)[]
  const records = (Array.isArray(counts) ? counts : []) as (string | null)[]
  const tasks = ids.map((id: string, i): Claimed => claimed(id, nonce, fence, texts[i] ?? '', records[i] ?? null))
  const laterMs = laterOf(later)
  return { word, nonce, drain: hint === 'drain', alone: alone === '1', laterMs, nowMs: Number(nowMs), tasks }
}

function claimed(id: string, nonce: string, fence: number, text: string, record: string | null): Claimed {
  const envelope = decodeEnvelope(text)
  if (record === null)
    return {
      id,
      nonce,
      fence,
      envelope,
      attempt: 1,
      retries: 0,
      crashes: 0,
      suspect: 0,
      snoozes: 0,
      unknownSinceMs: undefined,
      hasRecord: false,
    }
  const { runs, ...counts } = decodeCounts(record)
  return { id, nonce, fence, envelope, attempt: runs + 1, ...counts, hasRecord: true }
}
