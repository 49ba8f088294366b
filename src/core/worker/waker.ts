import { DqError } from '../errors.ts'
import type { RedisClient } from '../redis.ts'
import { unrefused } from '../unrefused.ts'
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
  /** These queues may have something. */
  readonly onWoken: (lanes: readonly Lane[]) => void
  /** A read came back, with or without a token. */
  readonly onTurn: () => void
}

/** With its deadline well below the time after which a claim loop counts as stalled. */
const BLOCK_SECONDS = 5
/** A blocking read that says nothing for so long has lost its connection, whatever the socket thinks. */
const DEADLINE_MS = BLOCK_SECONDS * 1000 + 1000
/** A token may have gone to a worker that died: so many reads without one are followed by a look. */
const NOTHINGS_MOST = 2
const TROUBLE_MS = 200
/** What a person has to mend is not tried in haste. */
const REFUSED_MS = 5_000

/** Waits for wake tokens while the worker has nothing else to do. */
export class Waker {
  /** One, but for a cluster: there a command can wait for what is on one slot. */
  readonly #reads: readonly WakeRead[]

  constructor(parts: WakerParts) {
    const { redis, lanes } = parts
    const groups = redis.together(lanes.map(({ wakeKey }) => wakeKey))
    this.#reads = groups.map(
      (keys) => new WakeRead({ ...parts, lanes: lanes.filter(({ wakeKey }) => keys.includes(wakeKey)) }),
    )
  }

  /** Begins to wait if there is nothing else to do; harmless at any time. */
  consider(): void {
    for (const read of this.#reads) read.consider()
  }

  close(): void {
    for (const read of this.#reads) read.close()
  }
}

/** A blocking read, on a connection of its own. */
class WakeRead {
  readonly #parts: WakerParts
  #connection: RedisClient | undefined
  #isWaiting = false
  #isClosed = false
  #nothings = 0
  #timer: NodeJS.Timeout | undefined

  constructor(parts: WakerParts) {
    this.#parts = parts
  }

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
    this.#connection ??= this.#parts.redis.duplicate('dq-worker-wait', { answerMs: DEADLINE_MS })
    try {
      const reply = await this.#connection.call('BLPOP', ...lanes.map((lane) => lane.wakeKey), BLOCK_SECONDS)
      this.#isWaiting = false
      this.#parts.onTurn()
      if (Array.isArray(reply)) return this.#woken(lanes.find((lane) => lane.wakeKey === reply[0]))
      this.#nothings = (this.#nothings + 1) % NOTHINGS_MOST
      if (this.#nothings === 0) this.#woken(undefined)
      else this.consider()
    } catch (error) {
      this.#failed(error)
    }
  }

  #woken(lane: Lane | undefined): void {
    const isUsable = this.#parts.canClaim() && !this.#isClosed
    if (lane !== undefined && !isUsable) void this.#giveBack(lane)
    if (!this.#isClosed) this.#parts.onWoken(lane === undefined ? this.#parts.lanes : [lane])
  }

  /** A token that cannot be used now is another worker's. */
  async #giveBack(lane: Lane): Promise<void> {
    try {
      await unrefused(this.#parts.redis, [['LPUSH', lane.wakeKey, 1]])
    } catch (error) {
      this.#parts.report.trouble('wake', lane.queue, error)
    }
  }

  #failed(error: unknown): void {
    if (this.#isClosed) return
    const isTransient = error instanceof DqError && error.isTransient
    if (isTransient) {
      // A read that nobody waits for any more must not take tokens: it ends with its connection.
      this.#connection?.drop()
      this.#connection = undefined
    }
    this.#parts.report.trouble('wait', undefined, error)
    this.#timer = setTimeout(
      () => {
        this.#isWaiting = false
        this.#parts.onWoken(this.#parts.lanes)
      },
      isTransient ? TROUBLE_MS : REFUSED_MS,
    )
  }
}
