import { setTimeout as pause } from 'node:timers/promises'
import { SlotMap } from './cluster-slots.ts'
import { DqError, messageOf } from './errors.ts'
import type { RedisClient } from './redis-client.ts'
import { hostOf } from './redis-url.ts'

/** Between two looks at a cluster that is about to change. */
const LOOK_MS = 200

type Listener = (state: 'up' | 'down', error?: Error) => void

export interface ClusterNodesParts {
  /** Nodes that are asked first, `host:port`. */
  readonly seeds: readonly string[]
  /** For messages. */
  readonly address: string
  /** Makes the connection to one node. */
  readonly open: (address: string) => RedisClient
  /** Who has which slot was learnt anew. */
  readonly onMap: () => void
}

/** What one node said, in its own words. */
export const wordsOf = (error: unknown): string => messageOf(error instanceof DqError ? (error.cause ?? error) : error)

/** The connections to the primaries of a cluster, made at their first use, and who of them has which slot. */
export class ClusterNodes {
  readonly #parts: ClusterNodesParts
  readonly #nodes = new Map<string, RedisClient>()
  /** Those that were asked for more than what they know of the others. */
  readonly #used = new Set<string>()
  readonly #listeners = new Set<Listener>()
  #map: SlotMap | undefined
  #looking: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #wasUp = false
  #isClosed = false

  constructor(parts: ClusterNodesParts) {
    this.#parts = parts
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Whether a primary can be asked; a replica that is asked who they are is none. */
  get isUp(): boolean {
    return this.primaries.some((address) => this.#isUpAt(address))
  }

  #isUpAt(address: string): boolean {
    return this.#nodes.get(address)?.isUp === true
  }

  get all(): RedisClient[] {
    return [...this.#nodes.values()]
  }

  get primaries(): string[] {
    return [...(this.#map?.primaries ?? [])]
  }

  at(address: string): RedisClient {
    this.#used.add(address)
    return this.#connected(address)
  }

  /** @throws DqError `unavailable` once it is closed: nobody would close what is opened then. */
  #connected(address: string): RedisClient {
    if (this.#isClosed) throw new DqError('unavailable', `the connection to ${this.#parts.address} is closed`)
    let node = this.#nodes.get(address)
    if (node === undefined) {
      node = this.#parts.open(address)
      this.#nodes.set(address, node)
      node.onState((state, error) => {
        if (state === 'down') this.lookSoon()
        this.#tell(error)
      })
    }
    return node
  }

  /** Of the primary that has this slot; for none of one that is there. @throws DqError `unavailable` */
  ownerOf(slot: number | undefined): string {
    const owner = slot === undefined ? this.#anyOf(this.primaries) : this.#map?.ownerOf(slot)
    if (owner !== undefined) return owner
    throw new DqError('unavailable', `nobody has slot ${slot} in ${this.#parts.address}`)
  }

  #anyOf(primaries: readonly string[]): string | undefined {
    return primaries.find((address) => this.#isUpAt(address)) ?? primaries[0]
  }

  move(slot: number, address: string): void {
    this.#map?.move(slot, address)
  }

  onState(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #tell(error?: Error): void {
    const { isUp } = this
    if (isUp === this.#wasUp) return
    this.#wasUp = isUp
    for (const listener of this.#listeners) listener(isUp ? 'up' : 'down', error)
  }

  /** Known at least once. @throws DqError what keeps it from being known. */
  async known(): Promise<void> {
    if (this.#map === undefined) await this.look()
  }

  /** Asks all that may know, and goes by the first who does. @throws DqError */
  look(): Promise<void> {
    this.#looking ??= this.#askAll().finally(() => (this.#looking = undefined))
    return this.#looking
  }

  /** Looks, and fails at once when nobody can be reached. @throws DqError */
  async reach(timeoutMs: number): Promise<void> {
    const looked = this.look()
    try {
      await Promise.race([looked, Promise.any(this.all.map((node) => node.ready(timeoutMs)))])
    } catch (error) {
      looked.catch(() => {}) // it is the same, and later
      // Who knows the others by now may have left those that were asked first.
      if (this.#map === undefined) throw refusalOf(error, this.#parts.address)
    }
    await looked
  }

  async #askAll(): Promise<void> {
    const asked = Array.from(new Set([...this.primaries, ...this.#parts.seeds]), async (address) => {
      const map = SlotMap.of(await this.#connected(address).call('CLUSTER', 'SLOTS'), hostOf(address, 0)!.host)
      if (map.primaries.size === 0) throw new DqError('unavailable', `the node at ${address} knows of no slots`)
      return map
    })
    try {
      this.#use(await Promise.any(asked))
    } catch (error) {
      throw refusalOf(error, this.#parts.address)
    }
  }

  /**
   * Those that are no primaries now are left, and what they owe goes elsewhere; so are those that nobody needs. One that
   * is up is kept at least: who asks only while the cluster is up would never ask again.
   */
  #use(map: SlotMap): void {
    if (this.#isClosed) return
    this.#map = map
    const { primaries } = map
    const isNeeded = [...primaries].some((address) => this.#used.has(address) && this.#isUpAt(address))
    const kept = isNeeded ? undefined : this.#anyOf([...primaries])
    if (kept !== undefined) this.#connected(kept)
    for (const [address, node] of this.#nodes) {
      if (address === kept || (primaries.has(address) && this.#used.has(address))) continue
      this.#used.delete(address)
      this.#nodes.delete(address)
      node.drop()
    }
    if (!this.#isWell) this.lookSoon()
    this.#tell()
    this.#parts.onMap()
  }

  get #isWell(): boolean {
    return this.#map !== undefined && this.all.every((node) => node.isUp)
  }

  /** Looks again and again until every connection is there. */
  lookSoon(): void {
    if (this.#timer !== undefined || this.#isClosed) return
    const look = (): void => {
      this.#timer = undefined
      if (!this.#isWell) this.look().catch(() => this.lookSoon())
    }
    this.#timer = setTimeout(look, LOOK_MS * (0.75 + Math.random() / 2)).unref()
  }

  /** Lets some time pass. */
  pause(): Promise<void> {
    return pause(LOOK_MS * (0.25 + Math.random() / 2))
  }

  end(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }
}

/** Of what several nodes said, what a person has to mend. */
function refusalOf(thrown: unknown, address: string): DqError {
  const errors: readonly unknown[] = thrown instanceof AggregateError ? thrown.errors : [thrown]
  const known = errors.filter((error) => error instanceof DqError)
  const single = known.find((error) => wordsOf(error).includes('cluster support disabled'))
  if (single !== undefined)
    return new DqError('invalid_input', `${single.message}; it is no cluster: give redis://host:port`, {
      cause: single,
    })
  const worst = known.find((error) => !error.isTransient) ?? known[0]
  return worst ?? new DqError('unavailable', `cannot reach ${address}`, { cause: errors[0] })
}
