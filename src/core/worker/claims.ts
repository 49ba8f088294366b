import type { Broker } from '../broker.ts'
import type { ClaimReply } from '../claimed.ts'
import type { Children } from '../isolation/children.ts'
import { claimQuotas } from '../priority.ts'
import { Drain } from './drain.ts'
import type { Grants } from './grants.ts'
import { type Lane, sharesOf, troubleMs } from './lane.ts'
import type { Settings } from './options.ts'
import type { Report } from './report.ts'
import type { Runner } from './run.ts'
import type { Slots } from './slots.ts'

export interface ClaimsParts {
  readonly broker: Pick<Broker, 'claim'>
  readonly settings: Settings
  readonly lanes: readonly Lane[]
  readonly slots: Slots
  readonly grants: Grants
  readonly runner: Runner
  readonly children: Pick<Children, 'contains' | 'spare'>
  readonly report: Report
  /** Whether settle calls are under way. */
  readonly isSettling: () => boolean
  /** Tasks run from now on. @param soonest their first deadline. */
  readonly onStarted: (soonestDeadline: number) => void
  /** Nothing more can be claimed now: a moment to wait for wake tokens. */
  readonly onRest: () => void
}

/** A queue that was empty is looked at again so often while other queues keep the worker from waiting for its token. */
const PROBE_MS = 50
/** A paused queue wakes its workers with every task that comes in; they look again so often. */
const PAUSED_MS = 2000
/** No timer is longer. */
const LATER_MOST_MS = 60_000

/**
 * The claim loop. It has no thread of its own: `pump` is called whenever something changed, and claims what can be had.
 * One claim is in flight per queue; the next one leaves when half the slots are free, or when nothing is in flight, so
 * that claims stay large under load and immediate without.
 */
export class Claims {
  readonly #parts: ClaimsParts
  readonly #drain: Drain
  readonly #half: number
  #isOpen = false
  #isUp = true
  /** Slots promised to claims in flight. */
  #reserved = 0
  #inFlight = 0
  /** A claim that may bring a suspect is in flight: nothing else may start. */
  #isExclusive = false
  /** The free processes for suspects are promised to a claim in flight. */
  #sparePromised = false
  #timer: NodeJS.Timeout | undefined
  #timerAt = Number.POSITIVE_INFINITY
  readonly #waiting: (() => void)[] = []
  /** When the loop last got an answer, ms since the epoch. */
  turnedAtMs = Date.now()

  constructor(parts: ClaimsParts) {
    this.#parts = parts
    this.#drain = new Drain(() => this.pump())
    this.#half = Math.ceil(parts.settings.slots / 2)
  }

  /** Claims, or stops claiming; what runs goes on. */
  open(isOpen: boolean): void {
    this.#isOpen = isOpen
    if (isOpen) this.pump()
    else {
      this.#drain.end()
      clearTimeout(this.#timer)
      for (const lane of this.#parts.lanes) clearTimeout(lane.later)
      this.#timerAt = Number.POSITIVE_INFINITY
    }
  }

  /** A claim sent while Redis is away would be answered long after anybody waits for it. */
  setUp(isUp: boolean): void {
    this.#isUp = isUp
    if (!isUp) return
    for (const lane of this.#parts.lanes) this.wake(lane)
    this.pump()
  }

  wake(lane: Lane): void {
    lane.idle = false
    lane.retryAt = 0
  }

  /** Whether a wake token could be used now. */
  get canClaim(): boolean {
    const { slots, grants, lanes } = this.#parts
    if (!this.#isOpen || !this.#isUp || slots.alone !== undefined) return false
    return slots.free > this.#reserved && grants.room > lanes.length
  }

  /** Whether it has a reason not to turn. */
  get isHeld(): boolean {
    const { slots } = this.#parts
    return !this.#isOpen || this.#drain.isOn || slots.alone !== undefined || slots.free <= 0
  }

  /** Whether there is nothing to do but wait: room, and no queue that is known to have something. */
  get isResting(): boolean {
    return (
      this.canClaim &&
      this.#inFlight === 0 &&
      !this.#drain.isOn &&
      this.#parts.lanes.every((lane) => lane.idle || lane.retryAt > 0)
    )
  }

  /** Resolves once no claim is in flight. */
  untilNoneInFlight(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  pump(isQuiet: boolean = !this.#parts.isSettling()): void {
    if (this.canClaim && !this.#isExclusive) {
      const free = this.#parts.slots.free - this.#reserved
      if (this.#drain.isOn) this.#claimDrained(free)
      else if (free >= this.#half || (isQuiet && this.#inFlight === 0)) this.#claimReady(free)
    }
    this.#parts.onRest()
  }

  #claimDrained(free: number): void {
    if (this.#parts.slots.running.length > 0 || this.#inFlight > 0) return
    const lane = this.#drain.lane!
    this.#drain.end()
    void this.#claim(lane, free)
  }

  #claimReady(free: number): void {
    const now = performance.now()
    const flows = this.#parts.lanes.some((lane) => !lane.idle && lane.retryAt <= now)
    const ready = this.#parts.lanes.filter((lane) => {
      if (lane.claiming || lane.retryAt > now) return false
      lane.retryAt = 0
      return !lane.idle || (flows && now - lane.emptyAt >= PROBE_MS)
    })
    for (const [lane, want] of sharesOf(ready, free, this.#parts.settings.random)) {
      void this.#claim(lane, want)
      if (this.#isExclusive) return
    }
  }

  async #claim(lane: Lane, want: number): Promise<void> {
    const { broker, settings, slots, children, report } = this.#parts
    const { id: worker, leaseMs, taskTimeoutMs, timeouts, priorityOrder, random } = settings
    const idle = slots.running.length === 0 && this.#inFlight === 0
    const quotas = claimQuotas(want, priorityOrder, random)
    const sentAt = performance.now()
    lane.claiming = true
    this.#inFlight++
    this.#reserved += want
    this.#isExclusive = idle
    const spare = this.#sparePromised ? 0 : children.spare
    if (spare > 0) this.#sparePromised = true
    const { contains } = children
    const request = { worker, want, quotas, leaseMs, timeoutMs: taskTimeoutMs, idle, contains, spare, timeouts }
    let reply: ClaimReply | undefined
    try {
      reply = await broker.claim(lane.queue, request)
    } catch (error) {
      this.#retry(lane, performance.now() + troubleMs(lane.failures++, random))
      report.trouble('claim', lane.queue, error)
    }
    lane.claiming = false
    this.#inFlight--
    this.#reserved -= want
    if (idle) this.#isExclusive = false
    if (spare > 0) this.#sparePromised = false
    if (reply !== undefined) this.#answered(lane, reply, sentAt)
    if (this.#inFlight === 0) for (const resolve of this.#waiting.splice(0)) resolve()
    this.pump()
  }

  #answered(lane: Lane, reply: ClaimReply, sentAt: number): void {
    const now = performance.now()
    this.turnedAtMs = Date.now()
    lane.failures = 0
    if (reply.word === 'paused') {
      lane.idle = true
      return this.#retry(lane, now + PAUSED_MS)
    }
    const drains = reply.drain && this.#isOpen && this.#drain.begin(lane, now)
    if (reply.word === 'granted') {
      if (reply.alone) this.#drain.succeeded(lane, this.#parts.settings.leaseMs)
      this.#start(lane, reply, sentAt, now)
    } else {
      lane.emptyAt = now
      lane.idle = !drains
      if (reply.laterMs !== undefined) this.#lookAgain(lane, reply.laterMs)
    }
  }

  #start(lane: Lane, reply: Extract<ClaimReply, { word: 'granted' }>, sentAt: number, now: number): void {
    const { grants, runner, slots, onStarted } = this.#parts
    const grant = grants.open(lane, reply, sentAt)
    if (!this.#isOpen) {
      for (const task of reply.tasks) runner.refuse(grant, task, now)
      return
    }
    let soonest = Number.POSITIVE_INFINITY
    for (const task of reply.tasks) {
      const run = runner.start(grant, task, now)
      if (run.deadlineAt < soonest) soonest = run.deadlineAt
      if (reply.alone && run.phase === 'running') slots.alone = run
    }
    onStarted(soonest)
  }

  /** A limit lets something start then. Whoever comes first gets it: nobody has to be told that there is room again. */
  #lookAgain(lane: Lane, laterMs: number): void {
    clearTimeout(lane.later)
    const look = (): void => {
      lane.idle = false
      this.pump()
    }
    lane.later = setTimeout(look, Math.min(Math.max(1, Math.floor(laterMs)), LATER_MOST_MS)).unref()
  }

  /** One timer for all queues that wait for a time. */
  #retry(lane: Lane, at: number): void {
    lane.retryAt = at
    if (at >= this.#timerAt || !this.#isOpen) return
    clearTimeout(this.#timer)
    this.#timerAt = at
    this.#timer = setTimeout(() => this.#timeHasCome(), Math.max(1, at - performance.now()))
  }

  #timeHasCome(): void {
    this.#timerAt = Number.POSITIVE_INFINITY
    const now = performance.now() + 1
    for (const lane of this.#parts.lanes) {
      if (lane.retryAt === 0) continue
      if (lane.retryAt > now) this.#retry(lane, lane.retryAt)
      else lane.retryAt = 0
    }
    this.pump()
  }
}
