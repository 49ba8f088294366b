import { Broker } from '../broker.ts'
import { Client } from '../client.ts'
import { revealRelatives } from '../encryption/reveal.ts'
import { Aborted } from '../errors.ts'
import type { Events } from '../events.ts'
import { Persistent } from '../persistent.ts'
import { Children } from '../isolation/children.ts'
import type { RedisClient } from '../redis.ts'
import { readParents } from '../relations.ts'
import { Claims } from './claims.ts'
import type { ContextParts, Enqueue } from './context.ts'
import { Grants } from './grants.ts'
import { KnownTypes } from './known-types.ts'
import { type Lane, lanesOf } from './lane.ts'
import type { Settings } from './options.ts'
import { Progress } from './progress.ts'
import { register } from './registration.ts'
import { Renewals } from './renewals.ts'
import type { Report } from './report.ts'
import { Runner } from './run.ts'
import { endOverdueSpan } from './run-span.ts'
import type { Grant, Running } from './running.ts'
import { Settler } from './settle.ts'
import type { Slots } from './slots.ts'
import { Waker } from './waker.ts'
import { Watch } from './watch.ts'

export interface EngineParts {
  readonly redis: RedisClient
  readonly settings: Settings
  readonly slots: Slots
  readonly report: Report
  readonly enqueue: Enqueue | undefined
}

/** Of the grace past a deadline: after it the renewal thread settles what is still held. */
const KILL_SHARE = 0.8

/** The parts of a worker, put together. */
export class Engine {
  readonly claims: Claims
  readonly settler: Settler
  readonly #parts: EngineParts
  readonly #grants: Grants
  readonly #runner: Runner
  readonly #watch: Watch
  readonly #waker: Waker
  readonly #progress: Progress
  readonly #lanes: readonly Lane[]
  readonly #renewals: Renewals
  readonly #scripts: Persistent
  readonly #broker: Broker
  readonly #children: Children
  #unfollow: (() => void) | undefined

  constructor(parts: EngineParts) {
    const { redis, settings, slots, report } = parts
    this.#parts = parts
    this.#lanes = lanesOf(settings)
    const onTrouble = (script: string, error: Error): void => report.trouble(script, undefined, error)
    this.#scripts = new Persistent(redis, { random: settings.random, onTrouble })
    const broker = new Broker(this.#scripts, { namespace: settings.namespace })
    this.#broker = broker
    // Every open grant has a task in a slot, or one that waits to be settled; no new ones come while nothing settles.
    this.#grants = new Grants(4 * settings.slots + this.#lanes.length)
    this.#children = new Children(settings, redis.options)
    this.#progress = new Progress(redis, settings, report)
    this.settler = new Settler(this.#lanes, {
      broker,
      settings,
      grants: this.#grants,
      report,
      onTurn: (quiet) => this.claims.pump(quiet),
    })
    this.#runner = this.#makeRunner()
    this.#watch = this.#makeWatch()
    this.claims = new Claims({
      broker,
      settings,
      lanes: this.#lanes,
      slots,
      grants: this.#grants,
      runner: this.#runner,
      children: this.#children,
      report,
      isSettling: () => this.settler.calls > 0,
      onStarted: (soonestDeadline) => this.#watch.see(Math.min(soonestDeadline, performance.now() + settings.leaseMs)),
      onRest: () => this.#waker.consider(),
    })
    this.#waker = this.#makeWaker()
    this.#renewals = this.#makeRenewals()
  }

  get redis(): RedisClient {
    return this.#parts.redis
  }

  /** Everything but claiming. @throws DqError when Redis does not answer. */
  async start(): Promise<void> {
    const { redis, settings } = this.#parts
    await redis.ready(undefined, { patient: true })
    await register(redis, this.#broker, settings)
    await this.#renewals.start()
  }

  /** Reacts to Redis going away and coming back. */
  follow(events: Events): void {
    const { redis, settings, report } = this.#parts
    this.claims.setUp(redis.isUp)
    this.#unfollow = redis.onState((state, error) => {
      this.claims.setUp(state === 'up')
      if (state === 'down') return events.emit('redis.down', { address: redis.address, error })
      events.emit('redis.up', { address: redis.address })
      register(redis, this.#broker, settings).catch((thrown: unknown) => report.trouble('register', undefined, thrown))
    })
  }

  /** Aborts what still runs and gives it back in the order in which it came, so that it stands in line as before. */
  giveAllBack(): number {
    const runs = this.#parts.slots.running.toSorted((a, b) => a.order - b.order)
    for (const run of runs) {
      run.child?.kill()
      this.#runner.giveBack(run)
      run.abort(new Aborted('shutdown', 'its worker is shutting down'))
    }
    return runs.length
  }

  async close(): Promise<void> {
    this.#unfollow?.()
    this.claims.open(false)
    this.settler.close()
    this.#scripts.close()
    this.#watch.close()
    this.#waker.close()
    this.#progress.close()
    this.#children.close()
    await this.#renewals.stop()
  }

  #makeRunner(): Runner {
    const { redis, settings, slots, report, enqueue } = this.#parts
    const { namespace, keyring } = settings
    const known = new KnownTypes(redis, namespace)
    const onTrouble = (queue: string, error: Error): void => report.trouble('isolate', queue, error)
    const context: ContextParts = {
      events: report.events,
      maxRetries: settings.maxRetries,
      enqueue: enqueue ?? lazyEnqueue(redis, settings),
      progress: this.#progress.note,
      parents: async (task) => revealRelatives(await readParents(redis, namespace, task), keyring),
    }
    return new Runner({
      settings,
      slots,
      settler: this.settler,
      context,
      apart: { children: this.#children, context, graceMs: settings.deadlineGraceMs * KILL_SHARE, onTrouble },
      isKnown: (type) => known.isKnown(type),
      isKeyKnown: (kid) => known.isKeyKnown(kid),
      onFreed: () => this.claims.pump(),
      onSpare: (lane) => this.claims.wake(lane),
    })
  }

  #makeWatch(): Watch {
    const { settings, slots } = this.#parts
    return new Watch({
      slots,
      grants: this.#grants,
      leaseMs: settings.leaseMs,
      onExpired: (run) => this.#runner.expire(run),
      onLost: (grant) => this.#lose(grant, 'no renewal has succeeded for as long as the lease lasts'),
    })
  }

  #makeWaker(): Waker {
    const { redis, report } = this.#parts
    return new Waker({
      redis,
      lanes: this.#lanes,
      report,
      isResting: () => this.claims.isResting,
      canClaim: () => this.claims.canClaim,
      onTurn: () => (this.claims.turnedAtMs = Date.now()),
      onWoken: (lanes) => {
        for (const lane of lanes) lane.idle = false
        this.claims.pump()
      },
    })
  }

  #makeRenewals(): Renewals {
    const { redis, settings, report } = this.#parts
    const grants = this.#grants
    return new Renewals({
      settings,
      redis: redis.options,
      grants: grants.live,
      report,
      onLost: (nonce) => {
        const grant = grants.find(nonce)
        if (grant !== undefined) this.#lose(grant, 'another process has taken its tasks back')
      },
      onCancelled: (nonce, ids) => {
        for (const run of this.#runsOf(nonce))
          if (ids.includes(run.task.id)) run.abort(new Aborted('cancelled', 'the task was cancelled'))
      },
      onOverdue: (nonce, id) => {
        for (const run of this.#runsOf(nonce)) if (run.task.id === id) this.#overdue(run)
      },
    })
  }

  #runsOf(nonce: string): Running[] {
    return this.#parts.slots.running.filter((run) => run.grant.nonce === nonce)
  }

  /** The renewal thread has settled it already. */
  #overdue(run: Running): void {
    this.#parts.slots.toZombie(run)
    this.#grants.settled(run.grant)
    run.child?.kill()
    const message = 'the process did not react to its deadline'
    endOverdueSpan(run, message)
    run.abort(new Aborted('timeout', message))
  }

  #lose(grant: Grant, why: string): void {
    if (grant.lost) return
    grant.lost = true
    const runs = this.#runsOf(grant.nonce)
    for (const run of runs) run.abort(new Aborted('lease_lost', why))
    const { events } = this.#parts.report
    const ids = runs.map((run) => run.task.id)
    const tasks = runs.map((run) => run.event)
    if (ids.length > 0) events.emit('lease.lost', { queue: grant.lane.queue, nonce: grant.nonce, ids, tasks })
  }
}

function lazyEnqueue(redis: RedisClient, settings: Settings): Enqueue {
  let client: Client | undefined
  return (task, payload, options) => {
    client ??= new Client({ redis, namespace: settings.namespace, by: settings.id, encryption: settings.keyring })
    return client.enqueue(task, payload, options)
  }
}
