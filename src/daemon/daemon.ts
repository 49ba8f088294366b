import { setTimeout as sleep } from 'node:timers/promises'
import { upkeepOf } from '../core/upkeep/upkeep.ts'
import { addressText, type Config, embeddedPlaces, type Environment } from '../config.ts'
import { DqError, messageOf } from '../core/errors.ts'
import type { TaskDefinition } from '../core/handlers.ts'
import { apiOf, heartbeatOf, metricsOf } from './assemble.ts'
import type { Component } from '../core/upkeep/component.ts'
import { EmbeddedServer } from './embedded-server.ts'
import type { Heartbeat } from '../core/upkeep/heartbeat.ts'
import { Leader } from './leader.ts'
import { Liveness } from './liveness.ts'
import type { Log } from './log.ts'
import { logEvents } from './log-events.ts'
import { LoopLag } from './loop-lag.ts'
import { SystemdNotifier } from './notify.ts'
import { applyObjectives } from './objectives.ts'
import { makeParts, type Parts } from './parts.ts'
import { refuseUnfit, refuseWeak } from './redis-check.ts'
import { watchRedis } from './redis-watch.ts'

/** Beyond the grace, for the last words to Redis. */
const LAST_WORDS_MS = 1_500
const READY_TRY_MS = 2_000
const LOOK_EVERY_MS = 20

export interface DaemonOptions {
  readonly config: Config
  readonly env: Environment
  readonly log: Log
  readonly tasks: readonly TaskDefinition[]
  /** Told when the daemon can no longer do its work and has to be ended. */
  readonly onFatal: (reason: string, cause?: DqError) => void
}

type State = 'starting' | 'running' | 'draining' | 'stopped'

/** The composition root: starts what the roles ask for, and ends it in order. */
export class Daemon {
  readonly #config: Config
  readonly #log: Log
  readonly #components: Component[] = []
  #parts: Parts | undefined
  #embedded: EmbeddedServer | undefined
  #heartbeat: Heartbeat | undefined
  #leader: Leader | undefined
  readonly #notifier: SystemdNotifier
  #state: State = 'starting'
  #stopping: Promise<boolean> | undefined
  #graceEndsAtMs = Infinity
  #liveness: Liveness | undefined
  #unwatch: (() => void) | undefined
  #quietHere = false
  #quietAsked = false
  readonly #options: DaemonOptions
  /** Takes over what a configuration that was read again declares. */
  readonly reload = ({ declared, encryption }: Config): void => {
    if (encryption !== undefined) this.#parts?.keyring?.replace(encryption)
    this.#parts?.declared?.declare(declared?.schedules)
  }

  constructor(options: DaemonOptions) {
    this.#config = options.config
    this.#log = options.log
    this.#options = options
    this.#notifier = new SystemdNotifier(options.env, () => this.unready() !== 'stalled')
  }

  /**
   * Serves at once, waits for Redis as long as it takes, and then works.
   * @throws StartError for what waiting does not mend, DqError `credentials` and `format`.
   */
  async start(): Promise<void> {
    if (this.#config.embedded) {
      this.#embedded = new EmbeddedServer(embeddedPlaces(this.#options.env, this.#config.namespace))
      await this.#embedded.start()
    }
    const parts = makeParts(this.#config, this.#log, this.#options.tasks, this.#embedded?.url)
    this.#parts = parts
    this.#liveness = new Liveness({ ...parts, components: this.#components })
    logEvents(this.#log, parts.events)
    await this.#serve(parts)
    await this.#untilRedis(parts)
    if (this.#state !== 'starting') return
    await refuseUnfit(parts)
    await refuseWeak(parts.redis, this.#config)
    this.#unwatch = watchRedis(parts.redis, parts.events, this.#log)
    parts.events.on('redis.up', () => this.#liveness?.redisIsBack())
    await this.#work(parts)
  }

  async #serve(parts: Parts): Promise<void> {
    const { roles } = this.#config
    const listening: Record<string, string> = {}
    if (roles.includes('api')) {
      const api = await this.#begin(await apiOf(parts, this))
      listening['api'] = addressText(api.address)
    }
    if (roles.includes('metrics')) {
      const lag = await this.#begin(new LoopLag())
      const { redis, id, log } = parts
      const leader = (this.#leader = new Leader({ redis, id, log, namespace: this.#config.namespace }))
      listening['metrics'] = addressText(
        (await this.#begin(await metricsOf(parts, leader, lag, () => this.#liveness?.turns()))).address,
      )
    }
    const about = { id: parts.id, roles, queues: this.#config.queues.map(({ name }) => name) }
    this.#log.info('daemon.starting', 'daemon starts', { ...about, redis: parts.redis.address, ...listening })
  }

  async #begin<C extends Component>(component: C): Promise<C> {
    this.#components.push(component)
    if (this.#state === 'starting') await component.start()
    return component
  }

  /** A supervisor may start Redis and the daemon together, so an absent Redis is no failure; what a person has to mend is. */
  async #untilRedis({ redis }: Parts): Promise<void> {
    let told = ''
    while (this.#state === 'starting') {
      try {
        return await redis.ready(READY_TRY_MS)
      } catch (error) {
        if (error instanceof DqError && !error.isTransient) throw error
        if (this.#state === 'starting' && messageOf(error) !== told) {
          told = messageOf(error)
          this.#log.warn('redis.waiting', `${told}; waiting for it`)
        }
        await sleep(READY_TRY_MS / 4)
      }
    }
  }

  async #work(parts: Parts): Promise<void> {
    const { worker, events, log } = parts
    this.#heartbeat = heartbeatOf(parts, {
      isQuiet: () => this.#isQuiet,
      onQuiet: (asked) => this.#setQuiet(this.#quietHere, asked),
      onOutdated: (error) => this.#options.onFatal(error.message, error),
    })
    for (const component of [this.#heartbeat, this.#notifier, ...upkeepOf({ ...this.#config, ...parts })])
      await this.#begin(component)
    if (this.#leader !== undefined) await this.#begin(this.#leader)
    await applyObjectives(parts)
    if (worker !== undefined && this.#state === 'starting') {
      events.on('task.zombie', () => this.#countZombies(parts))
      events.on('task.started', () => this.#heartbeat?.stir())
      await worker.start()
    }
    if (this.#state !== 'starting') return
    this.#state = 'running'
    this.#notifier.tell('READY=1')
    log.info('daemon.started', 'daemon runs', { id: parts.id, types: parts.tasks.map(({ type }) => type) })
  }

  /** Handlers that go on for ever take slots with them; with half of the slots gone a fresh process is better. */
  #countZombies({ worker }: Parts): void {
    const { zombies, slots } = worker?.stats() ?? { zombies: 0, slots: 1 }
    if (zombies * 2 >= slots) this.#options.onFatal(`${zombies} of ${slots} slots are held by handlers that do not end`)
  }

  get #isQuiet(): boolean {
    return this.#quietHere || this.#quietAsked || this.#state === 'draining'
  }

  #setQuiet(here: boolean, asked: boolean): void {
    const was = this.#isQuiet
    this.#quietHere = here
    this.#quietAsked = asked
    if (was === this.#isQuiet || this.#state !== 'running') return
    this.#parts?.worker?.quiet(this.#isQuiet)
    this.#heartbeat?.nudge()
    this.#log.info('daemon.quiet', this.#isQuiet ? 'quiet: no new tasks are claimed' : 'claims tasks again')
  }

  /** Stops or resumes claiming, beside what operators ask for through Redis. */
  toggleQuiet(): void {
    this.#setQuiet(!this.#quietHere, this.#quietAsked)
  }

  /** Why this daemon is not ready, in one word. */
  unready(): string | undefined {
    if (this.#parts?.redis.isUp !== true) return 'redis'
    if (this.#state !== 'running') return this.#state
    return this.#liveness?.stalled() === undefined ? undefined : 'stalled'
  }

  /** The same, and whether Redis answers at this moment. */
  async readiness(): Promise<string | undefined> {
    return this.unready() ?? ((await this.#liveness?.answers()) === true ? this.unready() : 'redis')
  }

  /**
   * Claims nothing more, lets running tasks end, gives back what does not end in time, and ends everything. Called again
   * with a shorter grace, it hurries.
   * @returns whether it all ended in time.
   */
  stop(graceMs: number): Promise<boolean> {
    this.#graceEndsAtMs = Math.min(this.#graceEndsAtMs, performance.now() + graceMs)
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<boolean> {
    const busy = this.#parts?.worker?.stats().busy ?? 0
    this.#log.info('daemon.draining', `daemon ends; ${busy} tasks still run`, { busy })
    this.#state = 'draining'
    this.#notifier.tell('STOPPING=1')
    this.#heartbeat?.nudge()
    const inTime = await this.#within(this.#drain().then(() => this.#end()))
    this.#state = 'stopped'
    if (inTime) this.#log.info('daemon.stopped', 'daemon ended')
    else this.#log.error('daemon.abandoned', 'not all ended in time; what is still held comes back when its lease ends')
    return inTime
  }

  async #drain(): Promise<void> {
    const { worker } = this.#parts ?? {}
    if (worker === undefined) return
    worker.quiet(true)
    const runs = (): boolean => worker.stats().busy > worker.stats().zombies
    while (runs() && performance.now() < this.#graceEndsAtMs) await sleep(LOOK_EVERY_MS)
    await worker.stop({ graceMs: 0 }).catch((error: unknown) => this.#untidy(error))
  }

  async #end(): Promise<void> {
    const ended = await Promise.allSettled(this.#components.toReversed().map((component) => component.stop()))
    for (const one of ended) if (one.status === 'rejected') this.#untidy(one.reason)
    this.#unwatch?.()
    await this.#parts?.redis.close().catch((error: unknown) => this.#untidy(error))
    await this.#embedded?.stop()
  }

  #untidy(error: unknown): void {
    this.#log.warn('daemon.untidy', `something did not end as it should: ${messageOf(error)}`)
  }

  async #within(work: Promise<void>): Promise<boolean> {
    const done = new AbortController()
    await Promise.race([work.then(() => done.abort()), this.#tooLate(done.signal)])
    return done.signal.aborted
  }

  async #tooLate(done: AbortSignal): Promise<void> {
    while (!done.aborted && performance.now() < this.#graceEndsAtMs + LAST_WORDS_MS) await sleep(LOOK_EVERY_MS)
  }
}
