import { createHash, randomBytes } from 'node:crypto'
import { auditLine } from './audit.ts'
import { DqError } from './errors.ts'
import { randomText } from './ids.ts'
import { type GlobalKeys, globalKeys, NAME } from './keys.ts'
import { redisNowMs } from './redis-clock.ts'
import type { RedisClient } from './redis.ts'
import { unrefused } from './unrefused.ts'

/** What a key of the HTTP API may do. */
export const API_ROLES = ['viewer', 'producer', 'operator', 'admin'] as const
export type ApiRole = (typeof API_ROLES)[number]

/** Producers and operators see what a viewer sees; neither may do what the other does. */
const INCLUDED: Readonly<Record<ApiRole, readonly ApiRole[]>> = {
  viewer: ['viewer'],
  producer: ['viewer', 'producer'],
  operator: ['viewer', 'operator'],
  admin: API_ROLES,
}

export const includesRole = (role: ApiRole, needed: ApiRole): boolean => INCLUDED[role].includes(needed)

/** A key as it is kept: whoever reads this cannot make requests with it. */
export interface ApiKey {
  readonly id: string
  /** SHA-256 of the whole key, hex. */
  readonly sha: string
  readonly role: ApiRole
  /** The queues it is for; undefined for all. */
  readonly queues: readonly string[] | undefined
  readonly name: string
  /** RFC 3339, by Redis's clock. */
  readonly createdAt: string
  readonly revokedAt: string | undefined
}

export interface NewApiKey {
  readonly role: ApiRole
  /** Whose it is, or what it is for. */
  readonly name: string
  readonly queues?: readonly string[] | undefined
}

export const API_KEY_ID = /^[a-z0-9-]{1,32}$/
const FORM = /^dq_([a-z0-9-]{1,32})_[A-Za-z0-9_-]{16,128}$/
const SHA = /^[0-9a-f]{64}$/
const ID_CHARS = 8
const SECRET_BYTES = 32
const QUEUES_MOST = 100

export const apiKeyDigest = (key: string): Buffer => createHash('sha256').update(key).digest()

/** The id in a key of the form `dq_<id>_<secret>`; undefined for any other text. */
export const apiKeyId = (key: string): string | undefined => FORM.exec(key)?.[1]

const isName = (text: unknown): text is string => typeof text === 'string' && NAME.test(text)
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** Undefined for what somebody else wrote: it opens nothing. */
export function decodeApiKey(id: string, text: string): ApiKey | undefined {
  let json: Record<string, unknown>
  try {
    json = (JSON.parse(text) ?? {}) as Record<string, unknown>
  } catch (error) {
    void error // not JSON
    return undefined
  }
  const role = API_ROLES.find((one) => one === json['role'])
  const { sha, queues, name } = json
  if (role === undefined || typeof sha !== 'string' || !SHA.test(sha) || !API_KEY_ID.test(id)) return undefined
  if (queues !== undefined && !(Array.isArray(queues) && queues.every(isName))) return undefined
  const createdAt = textOf(json['created_at']) ?? ''
  return { id, sha, role, queues, name: textOf(name) ?? '', createdAt, revokedAt: textOf(json['revoked']) }
}

const encode = ({ sha, role, queues, name, createdAt, revokedAt }: ApiKey): string =>
  JSON.stringify({ sha, role, queues, name, created_at: createdAt, revoked: revokedAt })

function checked({ role, name, queues }: NewApiKey): NewApiKey {
  const refuse = (field: string, rule: string): never => {
    throw new DqError('invalid_input', `${field} ${rule}`, { details: [field] })
  }
  if (!API_ROLES.includes(role)) refuse('role', `has to be one of ${API_ROLES.join(', ')}`)
  if (typeof name !== 'string' || !/^\P{Cc}{1,64}$/u.test(name)) refuse('name', 'has to be 1 to 64 characters of text')
  if (queues !== undefined && (queues.length === 0 || queues.length > QUEUES_MOST || !queues.every(isName)))
    refuse('queues', `has to be 1 to ${QUEUES_MOST} names of queues; leave it out for all`)
  return { role, name, queues: queues && [...new Set(queues)] }
}

/** The keys of the HTTP API. Daemons learn of a change within seconds; each leaves a line in the audit. */
export class ApiKeys {
  readonly #redis: RedisClient
  readonly #keys: GlobalKeys
  readonly #by: string

  /** @param by who changes them, for the audit. */
  constructor(redis: RedisClient, namespace: string, by: string) {
    this.#redis = redis
    this.#keys = globalKeys(namespace)
    this.#by = by
  }

  async #now(): Promise<string> {
    return new Date(await redisNowMs(this.#redis)).toISOString()
  }

  async #write(key: ApiKey, action: string): Promise<void> {
    const detail = [key.id, key.role, ...(key.queues ?? [])].join(' ')
    await unrefused(this.#redis, [
      ['HSET', this.#keys.apiKeys, key.id, encode(key)],
      auditLine(this.#keys.audit, { action, by: this.#by, detail }),
    ])
  }

  /**
   * Makes a key. Its text is given here and never again: only its SHA-256 is kept.
   * @throws DqError `invalid_input` naming the field.
   */
  async add(given: NewApiKey): Promise<{ readonly key: string; readonly info: ApiKey }> {
    const { role, name, queues } = checked(given)
    const id = randomText(ID_CHARS).toLowerCase()
    const key = `dq_${id}_${randomBytes(SECRET_BYTES).toString('base64url')}`
    const sha = apiKeyDigest(key).toString('hex')
    const info = { id, sha, role, queues, name, createdAt: await this.#now(), revokedAt: undefined }
    await this.#write(info, 'key-add')
    return { key, info }
  }

  /** All that were ever made, the oldest first. */
  async list(): Promise<ApiKey[]> {
    const { keys } = await this.read()
    return keys.toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1))
  }

  /** The same in no order, and whether there is anything at all, be it readable or not. */
  async read(): Promise<{ readonly keys: ApiKey[]; readonly isEmpty: boolean }> {
    const flat = (await this.#redis.call('HGETALL', this.#keys.apiKeys)) as string[]
    const keys = flat.flatMap((id, i) => (i % 2 === 0 ? (decodeApiKey(id, flat[i + 1] ?? '') ?? []) : []))
    return { keys, isEmpty: flat.length === 0 }
  }

  /** Ends a key for good; it stays in the list. */
  async revoke(id: string): Promise<'revoked' | 'unchanged' | 'unknown'> {
    const text = await this.#redis.call('HGET', this.#keys.apiKeys, id)
    const key = typeof text === 'string' ? decodeApiKey(id, text) : undefined
    if (key === undefined) return 'unknown'
    if (key.revokedAt !== undefined) return 'unchanged'
    await this.#write({ ...key, revokedAt: await this.#now() }, 'key-revoke')
    return 'revoked'
  }
}
