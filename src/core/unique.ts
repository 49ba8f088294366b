import { z } from 'zod'
import { durationMs } from './duration.ts'
import { sha1 } from './envelope.ts'
import { DqError, messageOf } from './errors.ts'

export const UNIQUE_MODES = ['drop', 'replace'] as const
export type UniqueMode = (typeof UNIQUE_MODES)[number]

/** At most one task of its queue and type with the same content, or key, within a time. Independent of `idempotencyKey`. */
export interface UniqueOptions {
  /** How long another one is no task of its own, from when this one was enqueued: ms, or text such as `'10m'`. */
  readonly for: number | string
  /** What has to be the same: the payload, whatever the order of its keys (default), or a key. */
  readonly by?: 'payload' | { readonly key: string } | undefined
  /**
   * What becomes of another one. `drop` (default): it is a duplicate of the first. `replace`: the first gets its payload,
   * policy and due time, keeps its id, and the time begins anew; one that already ran, or ended, is left alone, and the
   * new task follows it.
   */
  readonly mode?: UniqueMode | undefined
}

/** Options of uniqueness, checked; plain data, so that it can be registered with a type. */
export interface Unique {
  readonly forMs: number
  readonly key: string | undefined
  readonly mode: UniqueMode
}

const LONGEST_MS = 315_360_000_000

/** Refuses what cannot be, with a text that says what can. */
export const uniqueSchema = z
  .strictObject(
    {
      for: z.union([z.number(), z.string()], 'write how long, such as 10m'),
      by: z
        .union([
          z.literal('payload'),
          z.strictObject({ key: z.string().min(1, 'is empty').max(512, 'has to be at most 512 characters') }),
        ])
        .optional(),
      mode: z.enum(UNIQUE_MODES, `has to be one of ${UNIQUE_MODES.join(', ')}`).optional(),
    },
    'has to be an object such as { for: "10m" }',
  )
  .transform(({ for: window, by, mode = 'drop' }, context): Unique => {
    try {
      const forMs = Math.round(durationMs(window, 'for'))
      if (forMs > 0 && forMs <= LONGEST_MS) return { forMs, key: typeof by === 'object' ? by.key : undefined, mode }
      throw new DqError('invalid_input', forMs > 0 ? 'for is longer than ten years' : 'for has to be longer than 0')
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error), path: ['for'] })
      return z.NEVER
    }
  })

/**
 * Checks the option of a definition.
 * @throws DqError `invalid_input` that names the field.
 */
export function checkUnique(value: unknown, what: string): Unique | undefined {
  if (value === undefined) return undefined
  const parsed = uniqueSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path, message }) => `${['unique', ...path].join('.')}: ${message}`)
  throw new DqError('invalid_input', `${what}: ${problems.join('; ')}`, { cause: parsed.error, details: ['unique'] })
}

/** What somebody registered; undefined for anything else. */
export function decodeUnique(value: unknown): Unique | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { forMs, key, mode } = value as Partial<Unique>
  const known = UNIQUE_MODES.find((one) => one === mode)
  if (typeof forMs !== 'number' || !(forMs > 0) || known === undefined) return undefined
  return { forMs, key: typeof key === 'string' ? key : undefined, mode: known }
}

/** JSON that does not depend on the order of keys. */
export function canonicalJson(json: string): string {
  const sorted = (_: string, value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value
  try {
    return JSON.stringify(JSON.parse(json), sorted)
  } catch (cause) {
    throw new DqError('invalid_input', `payload is nested too deeply to be compared; use unique.by with a key`, {
      cause,
      details: ['payload'],
    })
  }
}

/** A task that replaces another one keeps the id of that one. @throws DqError `invalid_input` */
export function refuseOwnId(id: string | undefined, unique: Unique | undefined): void {
  if (id === undefined || unique?.mode !== 'replace') return
  throw new DqError('invalid_input', 'id: what replaces a task keeps its id; leave out id, or the mode of unique', {
    details: ['id', 'unique'],
  })
}

/**
 * What has to be the same, hashed: the type with its payload, or with a key.
 * @param ofPayload hashes a payload that is encrypted, with a key of its own.
 */
export const uniqueSha = (
  type: string,
  payloadJson: string,
  key: string | undefined,
  ofPayload: (text: string) => string = sha1,
): string =>
  key === undefined
    ? ofPayload(JSON.stringify([type, 'payload', canonicalJson(payloadJson)]))
    : sha1(JSON.stringify([type, 'key', key]))
