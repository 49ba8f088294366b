import { DqError } from '../errors.ts'
import { Events } from '../events.ts'
import { openRedis, type RedisClient } from '../redis.ts'
import { lookForTracing } from '../tracing.ts'
import type { Component } from '../upkeep/component.ts'
import { within } from '../within.ts'
import { Engine } from './engine.ts'
import { type Settings, type WorkerOptions, settingsOf } from './options.ts'
import { Report } from './report.ts'
import { Slots } from './slots.ts'
import { componentsOf, waitTallyOf } from './upkeep.ts'

export interface WorkerStats {
  readonly slots: number
  /** Slots in use, zombies included. */
  readonly busy: number
  /** Handlers that go on after their deadline. */
  readonly zombies: number
  readonly completed: number
  /** Failed attempts. */
  readonly failed: number
  /** When the claim loop last turned, ms since the epoch; now, while it has no reason to turn. */
  readonly lastTurnAtMs: number
}

const DEFAULT_URL = 'redis://127.0.0.1:6379/0'
const DEFAULT_GRACE_MS = 25_000
/** For what is left to tell Redis at the end, and for its goodbye: a Redis that hangs must not keep a process alive. */
const FLUSH_MS = 1000
const GOODBYE_MS = 300

/** Claims tasks, runs their handlers, and settles them; see `WorkerOptions`. */
export class Worker {
  readonly events: Events
  readonly #settings: Settings
  readonly #options: WorkerOptions
  readonly #slots: Slots
  readonly #report: Report
  #engine: Engine | undefined
  #starting: Promise<void> | undefined
  #stopping: Promise<void> | undefined
  #isQuiet = false
  /** An operator asked for quiet, through the list of workers. */
  #isAskedQuiet = false
  #isOutdated = false
  #components: readonly Component[] = []

  /** @throws DqError `invalid_input` or `not_supported`, naming the option. Redis is reached by `start`. */
  constructor(options: WorkerOptions) {
    this.#options = options
    this.#settings = settingsOf(options)
    this.events = options.events ?? new Events()
    this.#slots = new Slots(this.#settings.slots)
    this.#report = new Report(this.events, this.#settings.id)
  }

  get id(): string {
    return this.#settings.id
  }

  /** Whether it was asked to stop claiming, by its owner or by an operator, or has to: what is stored became too new for it. */
  get isQuiet(): boolean {
    return this.#isQuiet || this.#isAskedQuiet || this.#isOutdated
  }

  /**
   * Connects, registers its types, and begins to claim.
   * @throws DqError `unavailable` or `credentials` when Redis does not answer, `not_supported` when the API of OpenTelemetry is
   * there and broken; the worker can then not be started again.
   */
  start(): Promise<void> {
    if (Reflect.get(globalThis, Symbol.for('distributedq.child')) === true)
      throw new DqError(
        'invalid_input',
        'a module of isolated tasks starts a worker when it is loaded; move its tasks into a module of their own',
      )
    this.#starting ??= this.#start()
    return this.#starting
  }

  /** Stops claiming and keeps running what runs; or claims again. */
  quiet(on: boolean): void {
    this.#isQuiet = on
    this.#openClaims()
  }

  /**
   * Stops claiming, waits up to `graceMs` (default 25 s) for what runs, aborts the rest and gives it back uncounted, and
   * closes what it opened. Harmless before `start` and when repeated.
   */
  stop({ graceMs = DEFAULT_GRACE_MS }: { graceMs?: number | undefined } = {}): Promise<void> {
    if (this.#starting === undefined) return Promise.resolve()
    this.#stopping ??= this.#stop(this.#starting, graceMs)
    return this.#stopping
  }

  stats(): WorkerStats {
    const { size, busy, zombies } = this.#slots
    const { completed, failed } = this.#report
    const claims = this.#engine?.claims
    const lastTurnAtMs = claims === undefined || claims.isHeld ? Date.now() : claims.turnedAtMs
    return { slots: size, busy, zombies, completed, failed, lastTurnAtMs }
  }

  async #start(): Promise<void> {
    await lookForTracing()
    const redis = this.#options.redis ?? openRedis({ url: this.#options.redisUrl ?? DEFAULT_URL, name: 'dq-worker' })
    const { client } = this.#options
    const engine = new Engine({
      redis,
      settings: this.#settings,
      slots: this.#slots,
      report: this.#report,
      // Of a `Client` it is a method.
      enqueue: client && ((...args) => client.enqueue(...args)),
    })
    this.#engine = engine
    try {
      await engine.start()
    } catch (error) {
      this.#engine = undefined
      await this.#close(engine)
      throw error
    }
    if (this.#stopping !== undefined) return
    const queues = this.#settings.queues.map(({ name }) => name)
    this.events.emit('worker.started', { id: this.id, queues, slots: this.#slots.size })
    engine.follow(this.events)
    this.#openClaims()
    await this.#keepUp(engine.redis)
  }

  #openClaims(): void {
    if (this.#stopping === undefined) this.#engine?.claims.open(!this.isQuiet)
  }

  async #keepUp(redis: RedisClient): Promise<void> {
    const shared = { redis, settings: this.#settings, events: this.events }
    this.#components = [waitTallyOf(shared), ...this.#upkeep(shared)]
    for (const component of this.#components) await component.start()
  }

  #upkeep(shared: Parameters<typeof waitTallyOf>[0]): Component[] {
    return componentsOf({
      ...shared,
      stats: () => this.stats(),
      isQuiet: () => this.isQuiet || this.#stopping !== undefined,
      onQuiet: (asked) => {
        if (asked === this.#isAskedQuiet) return
        this.#isAskedQuiet = asked
        this.#openClaims()
      },
      onOutdated: (error) => this.#retire(error),
    })
  }

  /** What runs may end, since its grants are still its own; nothing else is touched any more. */
  #retire(error: Error): void {
    this.#isOutdated = true
    this.#openClaims()
    this.events.emit('worker.error', { id: this.id, queue: undefined, doing: 'going on', error })
    // In the list of workers it can be seen as long as it is there.
    for (const component of this.#components) if (component.name !== 'heartbeat') void component.stop()
  }

  async #stop(starting: Promise<void>, graceMs: number): Promise<void> {
    await starting.catch(() => {}) // who called `start` was told
    const engine = this.#engine
    if (engine === undefined) return
    this.events.emit('worker.stopping', { id: this.id, busy: this.#slots.busy, graceMs })
    engine.claims.open(false)
    await within(graceMs, Promise.all([engine.claims.untilNoneInFlight(), this.#slots.untilNothingRuns()]))
    const released = engine.giveAllBack()
    await within(FLUSH_MS, Promise.all([engine.claims.untilNoneInFlight(), engine.settler.untilEmpty()]))
    await this.#close(engine)
    this.events.emit('worker.stopped', { id: this.id, released })
  }

  async #close(engine: Engine): Promise<void> {
    // One that cannot say goodbye is forgotten in time.
    await within(GOODBYE_MS, Promise.allSettled(this.#components.map((component) => component.stop())))
    await engine.close()
    if (this.#options.redis !== undefined) return
    await within(GOODBYE_MS, engine.redis.close())
    engine.redis.drop()
  }
}
