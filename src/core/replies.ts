import { LIMITS } from './limits.ts'
import { brokenReply } from './script.ts'
import type { Pulse, Reaped, Renewal, Repaired, Sweep, Swept } from './verbs.ts'

/** What the letters of a reply mean, per script. */
export const WORDS = {
  enqueue: { e: 'enqueued', d: 'duplicate', r: 'replaced', c: 'conflict', x: 'too_large', l: 'rate_limited' },
  flow: {
    e: 'enqueued',
    d: 'duplicate',
    c: 'conflict',
    x: 'too_large',
    l: 'rate_limited',
    u: 'unknown_parent',
    r: 'refused',
  },
  complete: { o: 'ok', l: 'late', s: 'stale' },
  fail: { r: 'retrying', d: 'dead', p: 'pending', c: 'cancelled', s: 'stale' },
  limit: { s: 'set', r: 'removed', u: 'unchanged', k: 'kept' },
  release: { p: 'pending', w: 'waits', c: 'cancelled', s: 'stale' },
  cancel: { c: 'cancelled', m: 'requested', f: 'final', n: 'not_found' },
  hasten: { h: 'hastened', w: 'not_waiting', n: 'not_found' },
  replay: { r: 'replayed', d: 'duplicate', c: 'changed', n: 'not_dead' },
  purge: { p: 'purged', n: 'not_dead' },
  undo: { u: 'restored', n: 'not_in_trash' },
} as const

export type WordOf<S extends keyof typeof WORDS> = (typeof WORDS)[S][keyof (typeof WORDS)[S]]

/**
 * Reads a reply of letters (see `letters` in `lua/lib/op.lua`) for `count` items, and the owners that may follow it.
 * @throws DqError `broken_reply` when it is none.
 */
export function decodeLetters<S extends keyof typeof WORDS>(
  script: S,
  reply: unknown,
  count: number,
): { words: WordOf<S>[]; owners: Map<number, string> } {
  if (typeof reply !== 'string') throw brokenReply(script, reply)
  const [codes = '', ...rest] = reply.split(' ')
  const table: Readonly<Record<string, string>> = WORDS[script]
  const letters = codes.startsWith('=') ? codes.slice(1).repeat(count) : codes
  const words = Array.from(letters, (letter) => table[letter])
  if (words.length !== count || words.includes(undefined)) throw brokenReply(script, reply)
  const owners = new Map<number, string>()
  for (const pair of rest) {
    const colon = pair.indexOf(':')
    owners.set(Number(pair.slice(0, colon)), pair.slice(colon + 1))
  }
  return { words: words as WordOf<S>[], owners }
}

/** @throws DqError `broken_reply` when the reply is none of `words`. */
export async function oneOf<const W extends string>(
  script: string,
  reply: Promise<unknown>,
  words: readonly W[],
): Promise<W> {
  const word = await reply
  const known = words.find((one) => one === word)
  if (known === undefined) throw brokenReply(script, word)
  return known
}

const listOf = (script: string, reply: unknown): (string | number)[] => {
  if (!Array.isArray(reply)) throw brokenReply(script, reply)
  return reply as (string | number)[]
}

/** One text per nonce: `lost`, or `ok` and marks. */
export function decodeRenewals(nonces: readonly string[], reply: unknown): Renewal[] {
  const texts = listOf('renew', reply)
  if (texts.length !== nonces.length) throw brokenReply('renew', reply)
  return nonces.map((nonce, i) => {
    const [word, ...marks] = String(texts[i]).split(' ')
    const marked = (letter: string): string[] =>
      marks.filter((mark) => mark.startsWith(letter)).map((mark) => mark.slice(2))
    return { nonce, lost: word === 'lost', cancelled: marked('c:'), overdue: marked('o:') }
  })
}

export function decodeReaped(reply: unknown): Sweep {
  const list = listOf('reap', reply)
  if (list[0] === 'hold') return { heldUntilMs: Number(list[1]), reaped: [] }
  const reaped: Reaped[] = []
  for (let i = 0; i < list.length; i += 3)
    reaped.push({ outcome: list[i] as Reaped['outcome'], id: String(list[i + 1]), worker: String(list[i + 2]) })
  return { heldUntilMs: undefined, reaped }
}

export function decodeRepaired(reply: unknown): Repaired[] {
  const list = listOf('repair', reply)
  const repaired: Repaired[] = []
  for (let i = 0; i < list.length; i += 2) repaired.push({ what: list[i] as Repaired['what'], id: String(list[i + 1]) })
  return repaired
}

export function decodePulse(reply: unknown): Pulse {
  const [moved, nowMs, next, ...due] = listOf('promote', reply)
  const dueSchedules = []
  for (let i = 0; i < due.length; i += 2) dueSchedules.push({ name: String(due[i]), slotMs: Number(due[i + 1]) })
  return { moved: Number(moved), nowMs: Number(nowMs), nextDueMs: next === '' ? undefined : Number(next), dueSchedules }
}

/** How many ended of each kind; a full call means that there is more. */
export function decodeSwept(reply: unknown): Swept {
  const [trash = 0, history = 0, tombs = 0] = listOf('sweep', reply).map(Number)
  return { trash, history, tombs, more: Math.max(trash, history, tombs) >= LIMITS.idsPerCall }
}
