import { Worker as Thread } from 'node:worker_threads'
import type { RedisOptions } from '../redis.ts'
import { plainPolicy } from '../retry.ts'
import type { LiveGrants } from './live-grants.ts'
import type { Settings } from './options.ts'
import type { RenewalData, RenewalMessage } from './renewal-messages.ts'
import type { Report } from './report.ts'

export interface RenewalsParts {
  readonly settings: Settings
  readonly redis: RedisOptions
  readonly grants: LiveGrants
  readonly report: Report
  readonly onLost: (nonce: string) => void
  readonly onCancelled: (nonce: string, ids: readonly string[]) => void
  readonly onOverdue: (nonce: string, id: string) => void
}

/** Built, the thread's file is JavaScript beside this one; from source it is TypeScript, as this one. */
const FILE = new URL(import.meta.url.endsWith('.ts') ? './renewal-thread.ts' : './renewal-thread.js', import.meta.url)
/** It keeps little; small generations keep it small. */
const HEAP = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 }
const RESTART_MS = 1000
const PULSE_MS = 500
const STOP_MS = 300

/** The worker's end of its renewal thread. */
export class Renewals {
  readonly #parts: RenewalsParts
  #thread: Thread | undefined
  #isStopped = false
  readonly #pulse = new Float64Array(new SharedArrayBuffer(8))
  #beat: NodeJS.Timeout | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(parts: RenewalsParts) {
    this.#parts = parts
  }

  /** Resolves once the thread runs. */
  start(): Promise<void> {
    this.#beat ??= setInterval(() => this.#turned(), PULSE_MS).unref()
    this.#turned()
    return new Promise((resolve, reject) => {
      const thread = new Thread(FILE, { workerData: this.#data(), execArgv: [], resourceLimits: HEAP })
      this.#thread = thread
      let failure: Error | undefined
      thread.on('message', (message: RenewalMessage) => {
        if (message.kind === 'ready') resolve()
        else this.#hear(message)
      })
      thread.on('error', (error: unknown) => (failure = error instanceof Error ? error : new Error(String(error))))
      thread.on('exit', () => {
        const error = failure ?? new Error('the renewal thread ended by itself')
        reject(error)
        if (!this.#isStopped) this.#restart(error)
      })
    })
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    clearInterval(this.#beat)
    const thread = this.#thread
    this.#thread = undefined
    if (thread === undefined) return
    const ended = new Promise<void>((resolve) => thread.once('exit', () => resolve()))
    const timer = setTimeout(() => void thread.terminate(), STOP_MS)
    thread.postMessage('stop', [])
    await ended
    clearTimeout(timer)
  }

  #turned(): void {
    this.#pulse[0] = performance.now()
  }

  /** Without it leases end by the worker's own clock, so a moment without it is no danger. */
  #restart(error: Error): void {
    this.#thread = undefined
    this.#parts.report.trouble('renew', undefined, error)
    this.#timer = setTimeout(() => void this.#startAgain(), RESTART_MS)
  }

  async #startAgain(): Promise<void> {
    try {
      await this.start()
    } catch (error) {
      void error // its exit has been reported and has set the next try
    }
  }

  #hear(message: Exclude<RenewalMessage, { kind: 'ready' }>): void {
    const { onLost, onCancelled, onOverdue, report } = this.#parts
    switch (message.kind) {
      case 'lost':
        return onLost(message.nonce)
      case 'cancelled':
        return onCancelled(message.nonce, message.ids)
      case 'overdue':
        return onOverdue(message.nonce, message.id)
      case 'trouble':
        return report.trouble('renew', message.queue, new Error(message.message))
      default: {
        const none: never = message
        return none
      }
    }
  }

  #data(): RenewalData {
    const { settings, redis, grants } = this.#parts
    return {
      redis,
      namespace: settings.namespace,
      worker: settings.id,
      queues: settings.queues.map(({ name }) => name),
      leaseMs: settings.leaseMs,
      graceMs: settings.deadlineGraceMs,
      resultTtlMs: settings.resultTtlMs,
      maxRetries: settings.maxRetries,
      policies: Object.fromEntries(Array.from(settings.tasks, ([type, { retry }]) => [type, plainPolicy(retry)])),
      grants: grants.memory,
      pulse: this.#pulse.buffer,
      endsWhenStuck: settings.endsWhenStuck,
      originMs: Number(process.hrtime.bigint()) / 1e6 - performance.now(),
    }
  }
}
