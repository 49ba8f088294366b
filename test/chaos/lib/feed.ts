import { setTimeout as pause } from 'node:timers/promises'
import type { Client, NewTaskItem } from '../../../src/core/client.ts'
import { messageOf } from '../../../src/core/errors.ts'
import type { Effects } from './effects.ts'

export interface FeedOptions {
  readonly client: Client
  readonly effects: Effects
  /** The n-th task, from 0. One with an id is sent again when the answer got lost. */
  readonly make: (n: number) => NewTaskItem
  /** So many wait or run as long as more may come. */
  readonly ahead: number
  readonly say: (text: string) => void
}

const BATCH = 200
const LOOK_MS = 10
const AGAIN_MS = 100

/** Enqueues tasks while others end: workers never run dry before the limit is reached. */
export class Feed {
  /** Ids whose enqueue Redis has confirmed to us. */
  readonly acknowledged = new Set<string>()
  readonly #options: FeedOptions
  #allowed = 0
  #stopped = false
  #failure: Error | undefined
  #running: Promise<void> | undefined

  constructor(options: FeedOptions) {
    this.#options = options
  }

  /** Lets the number of tasks grow to this. */
  allow(total: number): void {
    this.#allowed = Math.max(this.#allowed, Math.floor(total))
    this.#running ??= this.#run()
  }

  /** Lets so many more come than there are. @param most all in all. */
  allowMore(count: number, most: number): void {
    this.allow(Math.min(most, this.acknowledged.size + count))
  }

  /** Resolves once all that may come has come. */
  async untilFed(): Promise<void> {
    while (this.acknowledged.size < this.#allowed) {
      this.check()
      await pause(LOOK_MS)
    }
  }

  /** @throws Error why feeding has ended, if it has. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
    this.check()
  }

  async #run(): Promise<void> {
    try {
      while (!this.#stopped) {
        const want = this.#wanted()
        if (want > 0) await this.#put(want)
        else await pause(LOOK_MS)
      }
    } catch (cause) {
      this.#failure = new Error(`tasks could not be enqueued: ${messageOf(cause)}`, { cause })
    }
  }

  #wanted(): number {
    const { acknowledged } = this
    const { effects, ahead } = this.#options
    const missing = ahead - (acknowledged.size - effects.read().done.size)
    return Math.min(missing, BATCH, this.#allowed - acknowledged.size)
  }

  async #put(count: number): Promise<void> {
    const { client, make, say } = this.#options
    const first = this.acknowledged.size
    const items = Array.from({ length: count }, (_, i) => make(first + i))
    for (;;) {
      try {
        for (const [i, result] of (await client.enqueueMany(items)).entries()) {
          if ('error' in result) throw result.error
          if (result.durability !== items[i]!.durability) throw new Error('not as durable as asked for')
          this.acknowledged.add(result.id)
        }
        return
      } catch (error) {
        if (this.#stopped || items.some(({ id }) => id === undefined)) throw error
        say(`enqueue: ${messageOf(error)}; sent again`)
        await pause(AGAIN_MS)
      }
    }
  }
}
