import { queueKeys } from '../keys.ts'
import type { RedisClient } from '../redis.ts'
import { run as runScript, script } from '../script.ts'
import { chunks } from '../calls.ts'
import type { Settings } from './options.ts'
import type { Report } from './report.ts'
import type { Running } from './running.ts'
import { checkProgress } from './values.ts'

const SCRIPT = script('progress', ['items'])
const EVERY_MS = 1000

/** Writes down how far tasks are: the newest value of each, all in one call, at most once a second. */
export class Progress {
  readonly #redis: RedisClient
  readonly #settings: Settings
  readonly #report: Report
  readonly #newest = new Map<Running, number>()
  #timer: NodeJS.Timeout | undefined
  #sentAt = 0

  constructor(redis: RedisClient, settings: Settings, report: Report) {
    this.#redis = redis
    this.#settings = settings
    this.#report = report
  }

  /** @throws DqError `invalid_input` when it is no number. */
  readonly note = (run: Running, value: number): void => {
    checkProgress(value)
    if (run.phase !== 'running') return
    this.#newest.set(run, value)
    const waitMs = Math.max(0, this.#sentAt + EVERY_MS - performance.now())
    this.#timer ??= setTimeout(() => this.#send(), waitMs)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#newest.clear()
  }

  #send(): void {
    this.#timer = undefined
    this.#sentAt = performance.now()
    const byQueue = new Map<string, (readonly [Running, number])[]>()
    for (const entry of this.#newest) {
      const { queue } = entry[0].grant.lane
      if (entry[0].phase === 'running') byQueue.set(queue, [...(byQueue.get(queue) ?? []), entry])
    }
    this.#newest.clear()
    for (const [queue, entries] of byQueue) for (const part of chunks(entries)) void this.#write(queue, part)
  }

  async #write(queue: string, entries: readonly (readonly [Running, number])[]): Promise<void> {
    const items = entries.flatMap(([run, value]) => [run.grant.nonce, run.task.id, String(value)])
    const { namespace, id } = this.#settings
    try {
      await runScript(this.#redis, SCRIPT, queueKeys(namespace, queue, id), { items })
    } catch (error) {
      this.#report.trouble('progress', queue, error)
    }
  }
}
