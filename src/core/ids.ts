import { randomBytes } from 'node:crypto'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const TIME_CHARS = 9
const SEQUENCE_CHARS = 4
const NODE_CHARS = 8
/** Reserved for splitting one queue over several slots. */
const PARTITION = '0'

const SEQUENCE_LIMIT = 32 ** SEQUENCE_CHARS

function base32(value: number, chars: number): string {
  let text = ''
  let rest = value
  for (let i = 0; i < chars; i++) {
    text = ALPHABET[rest % 32]! + text
    rest = Math.floor(rest / 32)
  }
  return text
}

/** Characters drawn from Crockford's base 32: no letter that reads as a digit. */
export function randomText(chars: number): string {
  let text = ''
  for (const byte of randomBytes(chars)) text += ALPHABET[byte & 31]
  return text
}

/**
 * Makes ids of 22 characters that sort by time: milliseconds, partition, a sequence within the millisecond,
 * and 40 random bits drawn once per generator, so that two processes never meet.
 */
export function idGenerator(nowMs: () => number = Date.now): () => string {
  const node = randomText(NODE_CHARS)
  let lastMs = 0
  let sequence = 0
  let head = ''
  return () => {
    const now = nowMs()
    if (now > lastMs) {
      lastMs = now
      sequence = 0
      head = base32(lastMs, TIME_CHARS) + PARTITION
    } else if (++sequence >= SEQUENCE_LIMIT) {
      lastMs += 1
      sequence = 0
      head = base32(lastMs, TIME_CHARS) + PARTITION
    }
    return head + base32(sequence, SEQUENCE_CHARS) + node
  }
}

const GENERATED = new RegExp(`^[${ALPHABET}]{${TIME_CHARS + 1 + SEQUENCE_CHARS + NODE_CHARS}}$`)

/** When a generated id was made, ms since the epoch; undefined for an id that a caller chose. */
export function idTimeMs(id: string): number | undefined {
  if (!GENERATED.test(id)) return undefined
  let ms = 0
  for (const char of id.slice(0, TIME_CHARS)) ms = ms * 32 + ALPHABET.indexOf(char)
  return ms
}
