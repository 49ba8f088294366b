import type { ClaimReply } from '../claimed.ts'
import type { Lane } from './lane.ts'
import { LiveGrants } from './live-grants.ts'
import type { Grant } from './running.ts'

type Granted = Extract<ClaimReply, { word: 'granted' }>

/** The grants of which something is not yet settled. */
export class Grants {
  readonly live: LiveGrants
  readonly #open = new Set<Grant>()

  /** @param most at the same time: every grant holds a task that runs or waits to be settled. */
  constructor(most: number) {
    this.live = new LiveGrants(most)
  }

  [Symbol.iterator](): IterableIterator<Grant> {
    return this.#open.values()
  }

  /** Further grants that could be open. */
  get room(): number {
    return this.live.room
  }

  /** @param sentAt when its claim was sent: its lease may have begun then. */
  open(lane: Lane, reply: Granted, sentAt: number): Grant {
    const grant: Grant = {
      nonce: reply.nonce,
      lane,
      alone: reply.alone,
      entry: this.live.open(lane.index, reply.nonce, sentAt),
      claimedAt: sentAt,
      redisOffsetMs: reply.nowMs - performance.now(),
      left: reply.tasks.length,
      lost: false,
      groups: [],
    }
    this.#open.add(grant)
    return grant
  }

  /** One of its tasks is settled. */
  settled(grant: Grant): void {
    if (--grant.left > 0) return
    this.live.close(grant.entry)
    this.#open.delete(grant)
  }

  find(nonce: string): Grant | undefined {
    for (const grant of this.#open) if (grant.nonce === nonce) return grant
    return undefined
  }
}
