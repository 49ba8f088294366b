import type { RedisClient } from '../redis.ts'
import type { Lane } from './lane.ts'
import type { Report } from './report.ts'

export interface WakerParts {
  readonly redis: RedisClient
  readonly lanes: readonly Lane[]
  readonly report: Report
  /** Whether waiting is all there is to do. */
  readonly isResting: () => boolean
  /** Whether a token can be used now. */
  readonly canClaim: () => boolean
  /** This queue may have something; undefined: look at all of them once. */
  readonly onWoken: (lane: Lane | undefined) => void
}

const BLOCK_SECONDS = 5
/** A blocking read that says nothing for so long has lost its connection, whatever the socket thinks. */
const DEADLINE_MS = BLOCK_SECONDS * 1000 + 2000
const TROUBLE_MS = 500

/** Waits for wake tokens while the worker has nothing else to do, on a connection of its own. */
export class Waker {
  readonly #parts: WakerParts
  #connection: RedisClient | undefined
  #isWaiting = false
  #isClosed = false
  #timer: NodeJS.Timeout | undefined

  constructor(parts: WakerParts) {
    this.#parts = parts
  }

  /** Begins to wait if there is nothing else to do; harmless at any time. */
  consider(): void {
    if (this.#isWaiting || this.#isClosed || !this.#parts.isResting()) return
    const lanes = this.#parts.lanes.filter((lane) => lane.idle && lane.retryAt === 0)
    if (lanes.length === 0) return
    this.#isWaiting = true
    void this.#wait(lanes)
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#connection?.drop()
    this.#connection = undefined
  }

  async #wait(lanes: readonly Lane[]): Promise<void> {
    this.#connection ??= this.#parts.redis.duplicate('dq-worker-wait')
    const connection = this.#connection
    // A dropped connection rejects what waits on it.
    const timer = setTimeout(() => this.#reopen(connection), DEADLINE_MS)
    try {
      const reply = await connection.call('BLPOP', ...lanes.map((lane) => lane.wakeKey), BLOCK_SECONDS)
      this.#isWaiting = false
      this.#woken(Array.isArray(reply) ? lanes.find((lane) => lane.wakeKey === reply[0]) : undefined)
    } catch (error) {
      this.#failed(error)
    } finally {
      clearTimeout(timer)
    }
  }

  #reopen(connection: RedisClient): void {
    if (this.#connection === connection) this.#connection = undefined
    connection.drop()
  }

  #woken(lane: Lane | undefined): void {
    const isUsable = this.#parts.canClaim() && !this.#isClosed
    if (lane !== undefined && !isUsable) void this.#giveBack(lane)
    if (!this.#isClosed) this.#parts.onWoken(lane)
  }

  /** A token that cannot be used now is another worker's. */
  async #giveBack(lane: Lane): Promise<void> {
    try {
      await this.#parts.redis.call('LPUSH', lane.wakeKey, 1)
    } catch (error) {
      this.#parts.report.trouble('wake', lane.queue, error)
    }
  }

  #failed(error: unknown): void {
    if (this.#isClosed) return
    this.#parts.report.trouble('wait', undefined, error)
    this.#timer = setTimeout(() => {
      this.#isWaiting = false
      this.#parts.onWoken(undefined)
    }, TROUBLE_MS)
  }
}
