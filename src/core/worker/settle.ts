import type { Broker } from '../broker.ts'
import { chunks } from '../calls.ts'
import { splitGroups } from '../encode.ts'
import { LIMITS } from '../limits.ts'
import type { Failure } from '../outcome.ts'
import { failureLine } from '../records.ts'
import type { CompleteGroup, FailItem, ReleaseItem } from '../verbs.ts'
import type { Grants } from './grants.ts'
import { inTurn } from './in-turn.ts'
import { type Lane, troubleMs } from './lane.ts'
import type { Settings } from './options.ts'
import { sealOf } from './payload.ts'
import { type Report, reportCompleted, reportFailed, reportReleased } from './report.ts'
import type { Running } from './running.ts'

/** Completions of one grant that the script reads together, and the tasks they are of. */
export interface CompletionGroup extends CompleteGroup {
  readonly items: {
    readonly id: string
    readonly record: string | undefined
    readonly extras: string
    readonly run: Running
  }[]
}

interface Failing extends FailItem {
  readonly run: Running
  readonly decision: Failure
}

interface Releasing extends ReleaseItem {
  readonly run: Running
}

/** What of one queue waits to be settled. */
interface Tray {
  readonly lane: Lane
  groups: CompletionGroup[]
  failing: Failing[]
  releasing: Releasing[]
  calls: number
  troubles: number
  holdUntil: number
}

/** More would only make smaller groups. */
const CALLS_MOST = 4

export interface SettlerParts {
  readonly broker: Pick<Broker, 'complete' | 'fail' | 'release'>
  readonly settings: Settings
  readonly grants: Grants
  readonly report: Report
  /** Called once per turn in which something ended, and whenever a call came back. */
  readonly onTurn: (isQuiet: boolean) => void
}

/** Collects how tasks ended and tells Redis, as many as possible in one call, once per turn of the event loop. */
export class Settler {
  readonly #parts: SettlerParts
  readonly #trays: Tray[]
  readonly #waiting: (() => void)[] = []
  #scheduled = false
  #timer: NodeJS.Timeout | undefined
  #timerAt = Number.POSITIVE_INFINITY
  /** Settle calls under way. */
  calls = 0

  constructor(lanes: readonly Lane[], parts: SettlerParts) {
    this.#parts = parts
    this.#trays = lanes.map((lane) => ({
      lane,
      groups: [],
      failing: [],
      releasing: [],
      calls: 0,
      troubles: 0,
      holdUntil: 0,
    }))
  }

  complete(run: Running, resultTtlMs: number, record: string | undefined): void {
    const { task, grant } = run
    const { type, extras } = task.envelope
    const { hasRecord } = task
    let group = grant.groups.find(
      (one) => one.type === type && one.resultTtlMs === resultTtlMs && one.hasRecord === hasRecord,
    )
    if (group === undefined) {
      group = { nonce: grant.nonce, type, resultTtlMs, hasRecord, items: [] }
      grant.groups.push(group)
      this.#trays[grant.lane.index]!.groups.push(group)
    }
    group.items.push({ id: task.id, record, extras, run })
    this.#schedule()
  }

  fail(run: Running, decision: Failure, atMs: number): void {
    const { task, grant, message, stack } = run
    const { type, extras } = task.envelope
    const worker = this.#parts.settings.id
    const { reason } = decision
    const about = { attempt: task.attempt, atMs, worker, reason, message, stack }
    const line = failureLine(about, decision.verb === 'dead' ? type : undefined, sealOf(run, reason))
    const delayMs = decision.verb === 'retry' ? decision.delayMs : 0
    const tray = this.#trays[grant.lane.index]!
    tray.failing.push({
      nonce: grant.nonce,
      id: task.id,
      type,
      verdict: decision.verb,
      delayMs,
      line,
      extras,
      run,
      decision,
    })
    this.#schedule()
  }

  release(run: Running, mode: ReleaseItem['mode'], delayMs: number): void {
    const { task, grant } = run
    this.#trays[grant.lane.index]!.releasing.push({ nonce: grant.nonce, id: task.id, mode, delayMs, run })
    this.#schedule()
  }

  /** Resolves once everything is settled. */
  untilEmpty(): Promise<void> {
    if (this.isEmpty) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  get isEmpty(): boolean {
    return !this.#scheduled && this.calls === 0 && this.#trays.every((tray) => !hasWork(tray))
  }

  /** Gives up what could not be settled: its leases will end. */
  close(): void {
    clearTimeout(this.#timer)
    for (const tray of this.#trays) {
      tray.groups = []
      tray.failing = []
      tray.releasing = []
    }
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#turn)
  }

  readonly #turn = (): void => {
    this.#scheduled = false
    const isQuiet = this.calls === 0
    for (const tray of this.#trays) this.#send(tray)
    this.#parts.onTurn(isQuiet)
    if (this.isEmpty) for (const resolve of this.#waiting.splice(0)) resolve()
  }

  #send(tray: Tray): void {
    if (tray.calls >= CALLS_MOST || !hasWork(tray)) return
    if (tray.holdUntil > performance.now()) return this.#later(tray)
    const { groups, failing, releasing } = tray
    tray.groups = []
    tray.failing = []
    tray.releasing = []
    for (const group of groups) group.items[0]!.run.grant.groups.length = 0
    if (groups.length > 0) void this.#call(tray, this.#sendGroups(tray, groups))
    if (failing.length > 0) void this.#call(tray, this.#sendFailing(tray, failing))
    if (releasing.length > 0) void this.#call(tray, this.#sendReleasing(tray, releasing))
  }

  async #call(tray: Tray, call: Promise<void>): Promise<void> {
    tray.calls++
    this.calls++
    try {
      await call
      tray.troubles = 0
    } catch (error) {
      tray.holdUntil = performance.now() + troubleMs(tray.troubles++, this.#parts.settings.random)
      this.#parts.report.trouble('settle', tray.lane.queue, error)
    }
    tray.calls--
    this.calls--
    if (hasWork(tray)) this.#schedule()
    this.#parts.onTurn(this.calls === 0)
    if (this.isEmpty) for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** One timer, for the tray that may try again first. */
  #later({ holdUntil }: Tray): void {
    if (holdUntil >= this.#timerAt) return
    clearTimeout(this.#timer)
    this.#timerAt = holdUntil
    this.#timer = setTimeout(
      () => {
        this.#timerAt = Number.POSITIVE_INFINITY
        this.#schedule()
      },
      holdUntil - performance.now() + 1,
    )
  }

  #sendGroups(tray: Tray, groups: CompletionGroup[]): Promise<void> {
    const { broker, settings, grants, report } = this.#parts
    const send = async (part: CompletionGroup[]): Promise<void> => {
      const words = await broker.complete(tray.lane.queue, part, settings.resultMax)
      part.forEach((group, g) => {
        group.items.forEach(({ run }, i) => {
          reportCompleted(report, run, words[g]![i]!)
          grants.settled(run.grant)
        })
      })
    }
    return inTurn(splitGroups(groups), send, (left) => tray.groups.unshift(...left.flat()))
  }

  #sendFailing(tray: Tray, failing: Failing[]): Promise<void> {
    const { broker, settings, grants, report } = this.#parts
    const send = async (part: Failing[]): Promise<void> => {
      const words = await broker.fail(tray.lane.queue, part, settings.resultTtlMs)
      part.forEach(({ run, decision }, i) => {
        reportFailed(report, run, decision, words[i]!)
        grants.settled(run.grant)
      })
    }
    const parts = chunks(failing, ({ line }) => Buffer.byteLength(line), LIMITS.itemsPerCall)
    return inTurn(parts, send, (left) => tray.failing.unshift(...left.flat()))
  }

  /** The last first: each part goes to the front of its line, and they are to stand there in the order they have here. */
  #sendReleasing(tray: Tray, releasing: Releasing[]): Promise<void> {
    const { broker, settings, grants, report } = this.#parts
    const send = async (part: Releasing[]): Promise<void> => {
      const words = await broker.release(tray.lane.queue, part, settings.resultTtlMs)
      part.forEach(({ run, mode, delayMs }, i) => {
        reportReleased(report, run, mode, delayMs, words[i]!)
        grants.settled(run.grant)
      })
    }
    const parts = chunks(releasing, undefined, LIMITS.itemsPerCall).toReversed()
    return inTurn(parts, send, (left) => tray.releasing.unshift(...left.toReversed().flat()))
  }
}

const hasWork = (tray: Tray): boolean => tray.groups.length + tray.failing.length + tray.releasing.length > 0
