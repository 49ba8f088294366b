import { messageOf } from '../../core/errors.ts'
import type { Effect } from '../keys/binding.ts'
import type { ConsoleSource } from '../source/source.ts'
import { type Plan, countOf } from '../state/plan.ts'
import { purgePlan } from '../state/plans.ts'
import { sceneOf } from '../state/scene.ts'
import { safeLine, say } from '../text/safe.ts'
import { single } from './act.ts'
import { type Course, bulk } from './bulk.ts'
import { collect } from './collect.ts'
import type { Result } from './result.ts'
import type { Store } from './store.ts'

export interface RunnerOptions {
  readonly source: ConsoleSource
  readonly store: Store
  /** Called when something changed: what is shown is old. */
  readonly onChanged: () => void
  readonly nowMs: () => number
}

/** Carries out what was confirmed, and says what came of it. One change at a time. */
export class Runner {
  readonly #options: RunnerOptions
  readonly #course: Course
  #isStopped = false

  constructor(options: RunnerOptions) {
    this.#options = options
    this.#course = {
      isStopped: () => this.#isStopped,
      progress: (label, done, total, skipped) =>
        options.store.send({ kind: 'job', job: { label, done, total, skipped, isStopping: this.#isStopped } }),
    }
  }

  /** The change under way ends after its present batch. */
  stop(): void {
    this.#isStopped = true
  }

  async run({ act }: Plan): Promise<void> {
    this.#isStopped = false
    const { changes } = this.#options.source
    try {
      const result = 'sets' in act ? bulk(changes, act, this.#course) : single(changes, act)
      this.#say(await result)
    } catch (error) {
      this.#say({ text: say`failed: ${safeLine(messageOf(error))}`, tone: 'bad' })
    }
    this.#options.onChanged()
  }

  /** Finds what a purge would delete, and then asks with the exact count. */
  async collect(request: Extract<Effect, { kind: 'collect-purge' }>): Promise<void> {
    this.#isStopped = false
    const { store, source, nowMs } = this.#options
    const expected = store.state.data.queues.reduce(
      (sum, { key, dead }) => sum + (request.queues.includes(key) ? dead : 0),
      0,
    )
    this.#course.progress(say`looking through the DLQ`, 0, expected, 0)
    try {
      const collected = await collect(source.reads, request, expected, this.#course)
      if (this.#isStopped) this.#say({ text: say`stopped: nothing was changed`, tone: 'plain' })
      else if (countOf(collected.sets) === 0)
        this.#say({ text: say`nothing to purge: no dead task matches`, tone: 'plain' })
      else store.send({ kind: 'ask', plan: purgePlan(sceneOf(store.state), collected), atMs: nowMs() })
    } catch (error) {
      this.#say({ text: say`failed: ${safeLine(messageOf(error))}; nothing was changed`, tone: 'bad' })
    }
  }

  #say(result: Result): void {
    this.#options.store.send({ kind: 'changed', result, atMs: this.#options.nowMs() })
  }
}
