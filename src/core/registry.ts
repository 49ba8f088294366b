import { globalKeys } from './keys.ts'
import { isPriority, type Priority } from './priority.ts'
import type { RedisClient } from './redis.ts'
import { decodeUnique, type Unique } from './unique.ts'

/** What a worker registered of a type it knows; the newest definition wins. */
export interface RegisteredType {
  readonly type: string
  readonly queue: string | undefined
  readonly priority: Priority | undefined
  readonly timeoutMs: number | undefined
  readonly maxRetries: number | undefined
  /** Where its payload tells the key of its limits; a function is known to its own program only. */
  readonly limits: { readonly key: string | undefined }
  readonly unique: Unique | undefined
  readonly worker: string | undefined
  readonly atMs: number
}

export function decodeType(type: string, text: string): RegisteredType {
  let json: Record<string, unknown> = {}
  try {
    json = JSON.parse(text) as Record<string, unknown>
  } catch {
    // A foreign entry: the type is known, its policy is not.
  }
  const number = (key: string): number | undefined => (typeof json[key] === 'number' ? json[key] : undefined)
  const string = (key: string): string | undefined => (typeof json[key] === 'string' ? json[key] : undefined)
  return {
    type,
    queue: string('queue'),
    priority: isPriority(json['priority']) ? json['priority'] : undefined,
    timeoutMs: number('timeoutMs'),
    maxRetries: number('maxRetries'),
    limits: { key: string('limitKey') },
    unique: decodeUnique(json['unique']),
    worker: string('worker'),
    atMs: number('atMs') ?? 0,
  }
}

const FRESH_MS = 10_000
const KNOWN_MAX = 1_000

/** The registered types, for producers that only know a name: read once, then at most every ten seconds. */
export class TypeRegistry {
  readonly #redis: RedisClient
  readonly #key: string
  readonly #known = new Map<string, { readAt: number; entry: RegisteredType | undefined }>()
  readonly #asked = new Map<string, Promise<RegisteredType | undefined>>()

  constructor(redis: RedisClient, namespace: string) {
    this.#redis = redis
    this.#key = globalKeys(namespace).types
  }

  /** At once when it is known, so that producers in a hurry need not wait a turn. */
  get(type: string): RegisteredType | undefined | Promise<RegisteredType | undefined> {
    const known = this.#known.get(type)
    if (known !== undefined && performance.now() - known.readAt < FRESH_MS) return known.entry
    let asked = this.#asked.get(type)
    if (asked === undefined) {
      asked = this.#read(type).finally(() => this.#asked.delete(type))
      this.#asked.set(type, asked)
    }
    return asked
  }

  async #read(type: string): Promise<RegisteredType | undefined> {
    const text = await this.#redis.call('HGET', this.#key, type)
    const entry = typeof text === 'string' ? decodeType(type, text) : undefined
    if (this.#known.size >= KNOWN_MAX) this.#known.clear()
    this.#known.set(type, { readAt: performance.now(), entry })
    return entry
  }
}
