import { timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { type FileKey, readKeysFile } from '../../config/api-keys-file.ts'
import { apiKeyDigest, apiKeyId, type ApiKeys, type ApiRole } from '../../core/api-keys.ts'
import type { Log } from '../log.ts'
import { HttpError } from './http-error.ts'

/** Who sends a request, and what the key allows. */
export interface Caller {
  /** Of the key; undefined where none is needed. */
  readonly id: string | undefined
  readonly role: ApiRole
  /** Undefined for all. */
  readonly queues: readonly string[] | undefined
}

/** Who asks for what needs no key. */
export const ANYBODY: Caller = { id: undefined, role: 'viewer', queues: undefined }

export interface KeyRingOptions {
  /** The one key for everything. */
  readonly apiKey: string | undefined
  readonly file: string | undefined
  readonly stored: Pick<ApiKeys, 'read'>
  /** Why Redis need not be asked now. */
  readonly unready: () => string | undefined
  readonly log: Log
}

/** A change of the keys holds from then on at the latest. */
const FRESH_MS = 2_000
/** What an unknown id is compared with, so that it takes as long as a known one. */
const NOBODY = { sha: '0'.repeat(64) }
const EVERYTHING = { id: undefined, role: 'admin', queues: undefined } as const

const bearerOf = (headers: IncomingHttpHeaders): string | undefined =>
  /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]

/** The keys that open the API: `API_KEY`, those of a file, and those in Redis, which are read again every two seconds. */
export class KeyRing {
  readonly #options: KeyRingOptions
  readonly #apiKey: Buffer | undefined
  #fromFile: readonly FileKey[] = []
  #keys = new Map<string, Omit<FileKey, 'id'>>()
  #needsNone = false
  #readAtMs = -Infinity
  #reading: Promise<void> | undefined
  #told = ''

  constructor(options: KeyRingOptions) {
    this.#options = options
    this.#apiKey = options.apiKey === undefined ? undefined : apiKeyDigest(options.apiKey)
  }

  /**
   * @param unavailableStatus when it cannot be looked up.
   * @throws HttpError 401 without a key or with a wrong one.
   */
  async callerOf(headers: IncomingHttpHeaders, unavailableStatus = 503): Promise<Caller> {
    const given = headers['x-api-key'] ?? bearerOf(headers)
    const digest = apiKeyDigest(typeof given === 'string' ? given : '')
    if (this.#apiKey !== undefined && timingSafeEqual(digest, this.#apiKey)) return { ...EVERYTHING, id: 'API_KEY' }
    await this.#refresh(unavailableStatus)
    if (this.#needsNone) return EVERYTHING
    const id = typeof given === 'string' ? apiKeyId(given) : undefined
    const known = this.#keys.get(id ?? '')
    const isRight = timingSafeEqual(digest, Buffer.from((known ?? NOBODY).sha, 'hex'))
    if (known !== undefined && isRight) return { id, role: known.role, queues: known.queues }
    const isGiven = headers['x-api-key'] !== undefined || headers.authorization !== undefined
    const message = isGiven ? 'the API key is wrong' : 'this API needs a key, as X-API-Key or as Authorization: Bearer'
    throw new HttpError(401, 'unauthorized', message)
  }

  async #refresh(unavailableStatus: number): Promise<void> {
    if (performance.now() - this.#readAtMs < FRESH_MS) return
    if (this.#options.unready() === 'redis')
      throw new HttpError(unavailableStatus, 'unavailable', 'Redis cannot be reached; try again')
    await (this.#reading ??= this.#read().finally(() => (this.#reading = undefined)))
  }

  async #read(): Promise<void> {
    const { apiKey, file, stored } = this.#options
    const readAtMs = performance.now()
    const { keys, isEmpty } = await stored.read()
    if (file !== undefined) this.#readFile(file)
    const valid = keys.filter(({ revokedAt }) => revokedAt === undefined)
    this.#keys = new Map([...valid, ...this.#fromFile].map(({ id, ...key }) => [id, key]))
    this.#needsNone = isEmpty && apiKey === undefined && file === undefined
    this.#readAtMs = readAtMs
  }

  /** A file that went wrong while the daemon runs leaves the keys as they were. */
  #readFile(file: string): void {
    const { keys, problems } = readKeysFile(file)
    const told = problems.join('; ')
    if (told === '') this.#fromFile = keys
    else if (told !== this.#told) this.#options.log.error('api.keys', `the keys stay as they were: ${told}`)
    this.#told = told
  }
}
