import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomFillSync,
} from 'node:crypto'
import { DqError } from '../errors.ts'
import { KEY_ID, parseSealed, type Scope, sealedText } from './sealed.ts'

/** Keys for payloads, and for the results and errors of tasks that have such a payload. */
export interface EncryptionOptions {
  /** Id of the key that encrypts; the others only open. */
  readonly current: string
  /** By their ids (1 to 32 letters, digits, `.`, `_`, `-`): 32 random bytes each, as bytes or in base64. */
  readonly keys: Readonly<Record<string, string | Uint8Array>>
}

/** What a value is, and of what: it opens nowhere else. */
export interface Place {
  readonly field: 'payload' | 'result' | 'error' | 'stack'
  readonly queue: string
  readonly type: string
  readonly scope: Scope
  /** What the scope is about: an id, a name. */
  readonly name: string
}

/** `no_key`: its key is not here. `broken`: it was changed, or belongs to another place. */
export type Opened = { readonly text: string } | { readonly problem: 'no_key' | 'broken' }

interface Secret {
  readonly kid: string
  readonly bytes: Buffer
  readonly cipher: KeyObject
  readonly mac: KeyObject
}

const ALGORITHM = 'aes-256-gcm'
const KEY_BYTES = 32
const IV_BYTES = 12
const TAG_BYTES = 16

/** Random bytes in stock: asking for twelve at a time takes a third of the time of a small payload. */
const ivs = Buffer.alloc(256 * IV_BYTES)
let ivsUsed = ivs.length

/** Never given twice; good until the next is asked for. */
function nextIv(): Buffer {
  if (ivsUsed === ivs.length) {
    randomFillSync(ivs)
    ivsUsed = 0
  }
  return ivs.subarray(ivsUsed, (ivsUsed += IV_BYTES))
}

const refuse = (message: string): DqError => new DqError('invalid_input', message, { details: ['encryption'] })

/** A key for one purpose: none is used for two. */
const derive = (bytes: Buffer, purpose: string): KeyObject =>
  createSecretKey(Buffer.from(hkdfSync('sha256', bytes, '', `distributedq ${purpose}`, KEY_BYTES)))

/** 32 bytes in base64 or base64url; undefined for anything else. */
export function keyBytes(given: string | Uint8Array): Buffer | undefined {
  if (typeof given === 'string' && !/^[A-Za-z0-9+/_-]{43}=?$/.test(given)) return undefined
  const bytes = typeof given === 'string' ? Buffer.from(given, 'base64') : Buffer.from(given)
  return bytes.length === KEY_BYTES ? bytes : undefined
}

function secretOf(kid: string, given: string | Uint8Array): Secret {
  if (!KEY_ID.test(kid))
    throw refuse(`encryption: a key id has to be 1 to 32 letters, digits, . _ or -, beginning with a letter or digit`)
  const bytes = keyBytes(given)
  if (bytes === undefined)
    throw refuse(`encryption: key ${kid} has to be 32 bytes, or base64 of them: openssl rand -base64 32`)
  return { kid, bytes, cipher: derive(bytes, 'payload'), mac: derive(bytes, 'fingerprint') }
}

/** What is authenticated beside the text. None of it has an end of line in it. */
const associated = (kid: string, { field, queue, type, scope, name }: Place): Buffer =>
  Buffer.from(['dq1', kid, field, queue, type, scope, name].join('\n'))

/** Encrypts with one key and opens with several: AES-256-GCM. What it is to open it never shows. */
export class Keyring {
  #current: Secret
  #secrets: ReadonlyMap<string, Secret>

  /** @throws DqError `invalid_input` that names the key, never what it is. */
  constructor(options: EncryptionOptions) {
    const secrets = secretsOf(options)
    this.#secrets = secrets
    this.#current = currentOf(options, secrets)
  }

  /** Of what was given as an option. @throws DqError `invalid_input` */
  static of(given: EncryptionOptions | Keyring | undefined): Keyring | undefined {
    return given === undefined || given instanceof Keyring ? given : new Keyring(given)
  }

  /** One that encrypts and opens nothing. */
  static forSealing(options: EncryptionOptions): Keyring {
    const keyring = new Keyring(options)
    keyring.#secrets = new Map()
    return keyring
  }

  /** Takes other keys from now on. @throws DqError `invalid_input`, and keeps those it has. */
  replace(options: EncryptionOptions): void {
    const secrets = secretsOf(options)
    this.#current = currentOf(options, secrets)
    this.#secrets = secrets
  }

  /** The key that encrypts. */
  get current(): string {
    return this.#current.kid
  }

  /** The keys that open. */
  get ids(): string[] {
    return [...this.#secrets.keys()]
  }

  /** To be handed to a process of ours. */
  get options(): EncryptionOptions {
    const keys = Object.fromEntries(Array.from(this.#secrets.values(), ({ kid, bytes }) => [kid, bytes]))
    return { current: this.#current.kid, keys }
  }

  seal(place: Place, text: string): string {
    const { kid, cipher: key } = this.#current
    const iv = nextIv()
    const cipher = createCipheriv(ALGORITHM, key, iv)
    cipher.setAAD(associated(kid, place))
    const body = cipher.update(text, 'utf8')
    cipher.final()
    const data = Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')
    return sealedText({ kid, scope: place.scope, data })
  }

  open(text: string, place: Omit<Place, 'scope'>): Opened {
    const sealed = parseSealed(text)
    if (sealed === undefined) return { problem: 'broken' }
    const secret = this.#secrets.get(sealed.kid)
    if (secret === undefined) return { problem: 'no_key' }
    const data = Buffer.from(sealed.data, 'base64url')
    const cipher = createDecipheriv(ALGORITHM, secret.cipher, data.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
    cipher.setAAD(associated(sealed.kid, { ...place, scope: sealed.scope }))
    cipher.setAuthTag(data.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
    const body = cipher.update(data.subarray(IV_BYTES + TAG_BYTES))
    try {
      cipher.final()
    } catch (error) {
      void error // says only that the tag does not fit
      return { problem: 'broken' }
    }
    return { text: body.toString('utf8') }
  }

  /** Tells two texts apart without telling anything of them to who has no key. */
  fingerprint(text: string): string {
    return createHmac('sha256', this.#current.mac).update(text).digest('base64url').slice(0, 27)
  }
}

const secretsOf = ({ keys }: EncryptionOptions): ReadonlyMap<string, Secret> =>
  new Map(Object.entries(keys).map(([kid, given]) => [kid, secretOf(kid, given)]))

function currentOf({ current }: EncryptionOptions, secrets: ReadonlyMap<string, Secret>): Secret {
  const secret = secrets.get(current)
  if (secret !== undefined) return secret
  throw refuse(`encryption: current is '${current.slice(0, 40)}', and keys has no such key`)
}
