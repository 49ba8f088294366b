import { messageOf } from '../../core/errors.ts'
import type { Verb } from '../keys/binding.ts'
import type { ConsoleSource } from '../source/source.ts'
import type { QueueRow } from '../source/rows.ts'
import type { Act, Plan } from '../state/plan.ts'
import { cancelPlan, deletePlan, purgePlan, replayPlan, runPlan } from '../state/plans.ts'
import { sceneOf } from '../state/scene.ts'
import { join, safeLine, say } from '../text/safe.ts'
import type { Surroundings } from '../tty/surroundings.ts'
import { MANY } from '../state/bulk-plans.ts'
import { countOfParts, operatePlan } from '../state/operation-plans.ts'
import { single } from './act.ts'
import { type Course, bulk } from './bulk.ts'
import { dryRun } from './dry-run.ts'
import { type Collecting, collect, queuesOf } from './collect.ts'
import { Keep } from './keep.ts'
import { Operating } from './operate.ts'
import { survey, surveyOf } from './survey.ts'
import type { Result } from './result.ts'
import type { Store } from './store.ts'

const PLANS = {
  replay: replayPlan,
  delete: deletePlan,
  purge: purgePlan,
  cancel: cancelPlan,
  run: runPlan,
} as const
const WORDS = {
  replay: say`replay`,
  delete: say`delete`,
  purge: say`purge`,
  cancel: say`cancel`,
  run: say`run`,
} as const

/** How many there are to look at, as far as is known. */
function expectedOf(row: QueueRow, request: Collecting): number {
  if (!queuesOf(request).includes(row.key)) return 0
  const [state] = request.states
  return state === 'dead'
    ? row.dead
    : state === 'pending'
      ? row.pending
      : state === 'active'
        ? row.active
        : state === 'blocked' || state === 'limited'
          ? row.limited + row.blocked
          : row.scheduled
}

export interface RunnerOptions {
  readonly source: ConsoleSource
  readonly store: Store
  /** Called when something changed: what is shown is old. */
  readonly onChanged: () => void
  readonly nowMs: () => number
  /** Where the backup of a purge goes. */
  readonly surroundings: Pick<Surroundings, 'backup'>
}

const isOperated = (verb: Verb): verb is Exclude<Verb, 'cancel' | 'run'> => verb !== 'cancel' && verb !== 'run'

/** Carries out what was confirmed, and says what came of it. One change at a time. */
export class Runner {
  readonly #options: RunnerOptions
  readonly #course: Course
  readonly #operating: Operating
  #isStopped = false

  constructor(options: RunnerOptions) {
    this.#options = options
    this.#operating = new Operating({
      operations: options.source.operations,
      onEnd: (result) => {
        this.#say(result)
        options.onChanged()
      },
    })
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

  /** The console ends: what lives in Redis goes on without it. */
  close(): void {
    this.stop()
    this.#operating.stop()
  }

  #change(act: Act): Promise<Result> {
    const { source, store } = this.#options
    const { reason } = store.state.ui.armed ?? {}
    const verbs = reason === undefined ? source : source.because(reason)
    if (act.kind === 'operate') return this.#kept(act, (keep) => this.#operate(act, verbs.operations, keep))
    if (act.kind === 'steer') return this.#operating.steer(act, verbs.operations)
    if (!('sets' in act)) return single(verbs, act)
    return this.#kept(act, (keep) => bulk(verbs.changes, act, this.#course, keep))
  }

  /** With a file for what is purged, where one was asked for. */
  async #kept({ backup }: Extract<Act, { backup?: true }>, work: (keep?: Keep) => Promise<Result>): Promise<Result> {
    if (backup === undefined) return work()
    const { source, surroundings, nowMs } = this.#options
    const keep = new Keep({ reads: source.reads, surroundings, nowMs })
    try {
      return await work(keep)
    } finally {
      await keep.close()
    }
  }

  async #operate(
    act: Extract<Act, { kind: 'operate' }>,
    operations: ConsoleSource['operations'],
    keep?: Keep,
  ): Promise<Result> {
    const refusal = await keep?.all(act, this.#course)
    if (refusal !== undefined) return refusal
    const begun = await this.#operating.begin(act, operations)
    return keep?.note === undefined ? begun : { ...begun, text: join([begun.text, keep.note], ' · ') }
  }

  async run({ act }: Plan): Promise<void> {
    this.#isStopped = false
    try {
      this.#say(await this.#change(act))
    } catch (error) {
      this.#say({ text: say`failed: ${safeLine(messageOf(error))}`, tone: 'bad' })
    }
    this.#options.onChanged()
  }

  /** Looks at each task once more, changes nothing, and leaves the question standing there. */
  async dryRun({ act }: Plan): Promise<void> {
    if (!('sets' in act)) return
    try {
      this.#say(await dryRun(this.#options.source.reads, act))
    } catch (error) {
      this.#say({ text: say`failed: ${safeLine(messageOf(error))}`, tone: 'bad' })
    }
  }

  /** Finds what is meant, and then asks with the exact count. */
  async collect(request: Collecting): Promise<void> {
    this.#isStopped = false
    const { store, source } = this.#options
    const expected = store.state.data.queues.reduce((sum, row) => sum + expectedOf(row, request), 0)
    this.#course.progress(say`looking for what is meant`, 0, expected, 0)
    try {
      const counted = await this.#counted(request)
      if (counted !== undefined) return this.#ask(counted)
      const found = await collect(source.reads, request, expected, this.#course)
      const frozen = { atMs: request.beforeMs, filter: request.filter }
      if (this.#isStopped) this.#say({ text: say`stopped: nothing was changed`, tone: 'plain' })
      else if (found.length === 0)
        this.#say({ text: say`nothing to ${WORDS[request.verb]}: no task matches`, tone: 'plain' })
      else {
        const { verb, filter, beforeMs } = request
        const scene = sceneOf(store.state)
        const isMany = found.length > MANY && request.states.join() === 'dead'
        this.#ask(
          isMany && isOperated(verb)
            ? operatePlan(scene, verb, filter, surveyOf(found, beforeMs))
            : PLANS[verb](scene, found, { hidden: 0, frozen }),
        )
      }
    } catch (error) {
      this.#say({ text: say`failed: ${safeLine(messageOf(error))}; nothing was changed`, tone: 'bad' })
    }
  }

  /** The question, when Redis itself keeps count of what is meant and it is for an operation. */
  async #counted(request: Collecting): Promise<Plan | undefined> {
    const { store, source } = this.#options
    const scene = sceneOf(store.state)
    const { verb, filter, beforeMs } = request
    if (!isOperated(verb)) return undefined
    const isOfNow = beforeMs === scene.seenMs
    const found = await survey(source.reads, request, { rows: scene.data.queues, isOfNow })
    return found !== undefined && countOfParts(found.parts) > MANY
      ? operatePlan(sceneOf(store.state), verb, filter, found)
      : undefined
  }

  #ask(plan: Plan): void {
    this.#options.store.send({ kind: 'ask', plan, atMs: this.#options.nowMs() })
  }

  #say(result: Result): void {
    this.#options.store.send({ kind: 'changed', result, atMs: this.#options.nowMs() })
  }
}
