import { hostname } from 'node:os'
import type { Keyring } from '../encryption/keyring.ts'
import type { DqError } from '../errors.ts'
import { FORMAT, knownFormat } from '../format.ts'
import { globalKeys, type GlobalKeys } from '../keys.ts'
import type { Command, RedisClient } from '../redis.ts'
import { encodeWorker } from '../workers.ts'
import type { Component, Turns } from './component.ts'
import type { Tell } from './tell.ts'
import { Loop } from './loop.ts'
import { unrefused } from '../unrefused.ts'
import { linkOf } from './redis-link.ts'
import { VERSION } from '../version.ts'

/** What a heartbeat tells of the daemon, read anew each time. */
export interface Vitals {
  readonly slots: number
  readonly busy: number
  readonly completed: number
  readonly failed: number
  readonly quiet: boolean
}

export interface HeartbeatOptions {
  readonly redis: RedisClient
  readonly namespace: string
  readonly log: Tell
  readonly id: string
  readonly queues: readonly string[]
  readonly roles: readonly string[]
  readonly types: readonly string[]
  readonly keyring?: Pick<Keyring, 'ids'> | undefined
  readonly leaseMs: number
  readonly vitals: () => Vitals
  /** Told at each beat whether somebody asked this daemon to stop claiming. */
  readonly onQuiet: (asked: boolean) => void
  /** Told once, when what is stored got a format that this version does not know. */
  readonly onOutdated: (error: DqError) => void
}

const EVERY_MS = 5_000
/** Without any change there is less to tell. */
const IDLE_EVERY_MS = 10_000
/** The clock, the report and the forgetting of others are refreshed every so many beats, whatever happened. */
const REFRESH_EVERY = 12
/** Records of workers that ended without a word are dropped after a day. */
const FORGET_MS = 86_400_000

/** Keeps this daemon in the list of workers, and takes up what operators ask of it there. */
export class Heartbeat implements Component {
  readonly name = 'heartbeat'
  readonly #options: HeartbeatOptions
  readonly #keys: GlobalKeys
  readonly #loop: Loop
  readonly #startedAtMs = Date.now()
  /** Redis's clock less ours. */
  #skewMs = 0
  #beats = 0
  /** The report that Redis has. */
  #told = ''
  #isIdle = false
  #isOutdated = false
  #off: (() => void) | undefined

  constructor(options: HeartbeatOptions) {
    this.#options = options
    this.#keys = globalKeys(options.namespace)
    this.#loop = new Loop({ name: this.name, redis: options.redis, log: options.log, body: () => this.#beat() })
  }

  start(): Promise<void> {
    this.#off ??= linkOf(this.#options.redis).onState((state) => state === 'up' && this.#beginAnew())
    return this.#loop.start()
  }

  async stop(): Promise<void> {
    this.#off?.()
    await this.#loop.stop()
    if (this.#beats === 0 || !this.#options.redis.isUp) return
    this.#beats = 0
    await this.#options.redis.batch(this.#forget(this.#options.id))
  }

  readonly turns = (): Turns => this.#loop.turns()

  /** Redis may have lost what it knew. */
  #beginAnew(): void {
    this.#told = ''
  }

  /** Beats at once, for what should be seen without delay. */
  nudge(): void {
    this.#loop.nudge()
  }

  /** Something begins to happen. */
  stir(): void {
    if (this.#isIdle) this.#loop.nudge()
  }

  #forget(...ids: string[]): Command[] {
    const { workers, workerInfo, quiet } = this.#keys
    return [
      ['ZREM', workers, ...ids],
      ['HDEL', workerInfo, ...ids],
      ['SREM', quiet, ...ids],
    ]
  }

  async #beat(): Promise<number> {
    const { redis, id, onQuiet, leaseMs } = this.#options
    const isRefresh = this.#beats % REFRESH_EVERY === 0
    if (isRefresh) this.#setSkew(await redis.call('TIME'))
    const nowMs = Date.now() + this.#skewMs
    const report = this.#report()
    this.#isIdle = report === this.#told
    const tell: Command[] = this.#isIdle && !isRefresh ? [] : [['HSET', this.#keys.workerInfo, id, report]]
    const [asked, format] = await unrefused(redis, [
      ['SISMEMBER', this.#keys.quiet, id],
      ['GET', this.#keys.format],
      ['ZADD', this.#keys.workers, nowMs, id],
      ...tell,
    ])
    this.#beats++
    this.#told = report
    onQuiet(asked === 1)
    this.#compare(format)
    if (isRefresh) await this.#forgetOld(nowMs)
    return Math.min(this.#isIdle ? IDLE_EVERY_MS : EVERY_MS, leaseMs / 3)
  }

  #compare(format: unknown): void {
    if (this.#isOutdated || format === null) return // what a Redis forgot says nothing
    try {
      knownFormat(`what is stored under ${this.#options.namespace}`, format)
    } catch (error) {
      this.#isOutdated = true
      this.#options.onOutdated(error as DqError)
    }
  }

  #setSkew(time: unknown): void {
    const [seconds, micros] = time as [string, string]
    this.#skewMs = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000) - Date.now()
  }

  #report(): string {
    const { queues, roles, types, keyring, leaseMs, vitals } = this.#options
    const base = {
      host: hostname(),
      pid: process.pid,
      version: VERSION,
      format: FORMAT,
      startedAtMs: this.#startedAtMs,
    }
    return encodeWorker({ ...base, queues, roles, types, keyIds: keyring?.ids ?? [], leaseMs, ...vitals() })
  }

  async #forgetOld(nowMs: number): Promise<void> {
    const { redis } = this.#options
    const old = (await redis.call('ZRANGEBYSCORE', this.#keys.workers, '-inf', nowMs - FORGET_MS)) as string[]
    if (old.length > 0) await redis.batch(this.#forget(...old))
  }
}
