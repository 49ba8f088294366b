/**
 * The grants of a worker that are alive, in memory that its renewal thread sees too. At a thousand grants a second a
 * message for each would cost more than the grant; here the thread looks when it is time to renew, and most grants have
 * come and gone by then. An entry changes its version when it is taken (odd) and when it is freed (even).
 */
const ENTRY_BYTES = 96
const VERSION = 0
const LANE = 1
const LENGTH = 2
const RENEWED_AT = 2
const NONCE_BYTES = 24
const NONCE_MAX = ENTRY_BYTES - NONCE_BYTES

export interface LiveGrant {
  readonly entry: number
  readonly lane: number
  readonly nonce: string
}

export class LiveGrants {
  readonly memory: SharedArrayBuffer
  readonly #ints: Int32Array
  readonly #floats: Float64Array
  readonly #bytes: Uint8Array
  readonly #free: number[] = []

  constructor(from: number | SharedArrayBuffer) {
    this.memory = typeof from === 'number' ? new SharedArrayBuffer(from * ENTRY_BYTES) : from
    this.#ints = new Int32Array(this.memory)
    this.#floats = new Float64Array(this.memory)
    this.#bytes = new Uint8Array(this.memory)
    for (let entry = this.memory.byteLength / ENTRY_BYTES - 1; entry >= 0; entry--) this.#free.push(entry)
  }

  /** Further grants that it could take. */
  get room(): number {
    return this.#free.length
  }

  #int(entry: number, field: number): number {
    return (entry * ENTRY_BYTES) / 4 + field
  }

  #float(entry: number, field: number): number {
    return (entry * ENTRY_BYTES) / 8 + field
  }

  /** By the worker. @returns the entry, for `close`. */
  open(lane: number, nonce: string, atMs: number): number {
    const entry = this.#free.pop()
    if (entry === undefined || nonce.length > NONCE_MAX) throw new RangeError(`no room for grant ${nonce}`)
    const start = entry * ENTRY_BYTES + NONCE_BYTES
    for (let i = 0; i < nonce.length; i++) this.#bytes[start + i] = nonce.charCodeAt(i)
    this.#ints[this.#int(entry, LANE)] = lane
    this.#ints[this.#int(entry, LENGTH)] = nonce.length
    this.#floats[this.#float(entry, RENEWED_AT)] = atMs
    Atomics.add(this.#ints, this.#int(entry, VERSION), 1)
    return entry
  }

  close(entry: number): void {
    Atomics.add(this.#ints, this.#int(entry, VERSION), 1)
    this.#free.push(entry)
  }

  /** When its last successful renewal, or its claim, was sent: by the worker's `performance.now`. */
  renewedAt(entry: number): number {
    return this.#floats[this.#float(entry, RENEWED_AT)] ?? 0
  }

  /** By the thread. An entry that was reused meanwhile belongs to a grant that is younger still. */
  setRenewedAt(entry: number, atMs: number): void {
    this.#floats[this.#float(entry, RENEWED_AT)] = atMs
  }

  /** By the thread: all that are alive now. */
  *alive(): Generator<LiveGrant> {
    for (let entry = 0; entry < this.memory.byteLength / ENTRY_BYTES; entry++) {
      const grant = this.#read(entry)
      if (grant !== undefined) yield grant
    }
  }

  #read(entry: number): LiveGrant | undefined {
    for (;;) {
      const version = Atomics.load(this.#ints, this.#int(entry, VERSION))
      if (version % 2 === 0) return undefined
      const start = entry * ENTRY_BYTES + NONCE_BYTES
      const length = this.#ints[this.#int(entry, LENGTH)]!
      const lane = this.#ints[this.#int(entry, LANE)]!
      const nonce = String.fromCharCode(...this.#bytes.subarray(start, start + length))
      if (Atomics.load(this.#ints, this.#int(entry, VERSION)) === version) return { entry, lane, nonce }
    }
  }
}
