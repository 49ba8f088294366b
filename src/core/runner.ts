import { CallRing } from './calls.ts'
import { randomText } from './ids.ts'
import { type QueueKeys, queueKeys } from './keys.ts'
import type { ScriptHost } from './redis.ts'
import { run, type Script, type ScriptArgs } from './script.ts'

export interface ScriptRunnerOptions {
  readonly namespace: string
  /** Names the ring of answers to repeated calls; nobody else may use it at the same time. Default: a random name. */
  readonly client?: string | undefined
  /** Replaces Redis's clock, for tests. */
  readonly nowMs?: (() => number) | undefined
}

interface QueueHandle {
  readonly keys: QueueKeys
  readonly calls: CallRing
}

/** Runs scripts on queues for one client: fills in their keys, the time and the number of the call. */
export class ScriptRunner {
  readonly #redis: ScriptHost
  readonly #options: ScriptRunnerOptions
  readonly #client: string
  readonly #queues = new Map<string, QueueHandle>()

  constructor(redis: ScriptHost, options: ScriptRunnerOptions) {
    this.#redis = redis
    this.#options = options
    this.#client = options.client ?? randomText(12)
  }

  #handle(queue: string): QueueHandle {
    let handle = this.#queues.get(queue)
    if (handle === undefined) {
      handle = { keys: queueKeys(this.#options.namespace, queue, this.#client), calls: new CallRing() }
      this.#queues.set(queue, handle)
    }
    return handle
  }

  #now(): number | '' {
    return this.#options.nowMs?.() ?? ''
  }

  /** A script that is repeatable by itself. */
  run<Arg extends string>(queue: string, script: Script<Arg>, args: ScriptArgs<Exclude<Arg, 'now'>>): Promise<unknown> {
    return run(this.#redis, script, this.#handle(queue).keys, { ...args, now: this.#now() } as ScriptArgs<Arg>)
  }

  /** A script that keeps its answer: numbered, and bounded in flight. */
  call<Arg extends string>(
    queue: string,
    script: Script<Arg>,
    args: ScriptArgs<Exclude<Arg, 'now' | 'call'>>,
  ): Promise<unknown> {
    const { keys, calls } = this.#handle(queue)
    return calls.run((call) => run(this.#redis, script, keys, { ...args, call, now: this.#now() } as ScriptArgs<Arg>))
  }
}
