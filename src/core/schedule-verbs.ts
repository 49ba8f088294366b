import { PRIORITY_LETTER } from './priority.ts'
import { oneOf } from './replies.ts'
import type { ScriptRunner } from './runner.ts'
import { brokenReply } from './script.ts'
import { SCRIPTS } from './scripts.ts'
import type { OverlapPolicy } from './task.ts'
import type { NewTask } from './verbs.ts'

/** Slots that pass without a run, from the first of them on. */
export interface PassedSlots {
  readonly why: 'missed' | 'overlap'
  readonly firstMs: number
  readonly count: number
}

export interface Firing {
  /** The cursor that the caller saw. */
  readonly expectedMs: number
  readonly revision: string
  /** The slot to fire, or a trigger that waited; undefined when all pass. */
  readonly run: string | undefined
  /** The slot after it. */
  readonly nextMs: number | undefined
  /** `uncounted` only asks whether a run that waits may begin. */
  readonly passed: PassedSlots | 'uncounted' | undefined
  readonly overlap: OverlapPolicy
  /** When the task may run. */
  readonly dueMs: number
}

type Work = Pick<NewTask, 'type' | 'priority' | 'envelope'>
const FIRED = ['fired', 'ready', 'waits', 'skipped', 'passed', 'early', 'moved', 'changed'] as const
/** What came of a slot. */
export type Fired = (typeof FIRED)[number]

/** The verbs of schedules: each one script. */
export class ScheduleVerbs {
  readonly #scripts: ScriptRunner

  constructor(scripts: ScriptRunner) {
    this.#scripts = scripts
  }

  /** Enqueues the task of one slot of a schedule, if nobody did, and its overlap policy lets it. */
  fire(queue: string, name: string, firing: Firing, task: Work): Promise<Fired> {
    const { expectedMs, revision, run = '', nextMs, overlap, dueMs } = firing
    const passed = firing.passed === 'uncounted' ? undefined : firing.passed
    const reply = this.#scripts.run(queue, SCRIPTS.fire, {
      name,
      expected: expectedMs,
      rev: revision,
      run,
      next: nextMs ?? '',
      why: passed?.why === 'overlap' ? 'o' : 'm',
      first: passed?.firstMs ?? 0,
      passed: firing.passed === 'uncounted' ? '?' : (passed?.count ?? 0),
      overlap,
      due: dueMs,
      priority: PRIORITY_LETTER[task.priority],
      type: task.type,
      envelope: task.envelope,
    })
    return oneOf('fire', reply, FIRED)
  }

  /** One run now. @returns the word, and the run that it began, that waits, or that goes on. */
  async trigger(
    queue: string,
    name: string,
    how: { readonly by: string; readonly revision: string; readonly overlap: OverlapPolicy },
    task: Work,
  ): Promise<{ word: 'fired' | 'waits' | 'running' | 'changed'; run: string }> {
    const reply = await this.#scripts.call(queue, SCRIPTS.trigger, {
      name,
      by: how.by,
      rev: how.revision,
      overlap: how.overlap,
      priority: PRIORITY_LETTER[task.priority],
      type: task.type,
      envelope: task.envelope,
    })
    const [word, run = ''] = String(reply).split(' ')
    if (word === 'fired' || word === 'waits' || word === 'running' || word === 'changed') return { word, run }
    throw brokenReply('trigger', reply)
  }

  /**
   * Puts a definition in force in its queue.
   * @param was the revision in force that the caller saw; empty for none.
   * @param nextMs its next slot; undefined for none; `keep` leaves it.
   * @param carried what `leave` gave of the queue it comes from.
   * @param ahead the cursor that the caller saw, where that one lies too late; empty for none.
   */
  schedule(
    queue: string,
    name: string,
    change: {
      readonly by: string
      readonly was: string
      readonly revision: string
      readonly nextMs: number | undefined | 'keep'
      readonly carried: string
      readonly ahead: string
    },
  ): Promise<'set' | 'moved'> {
    const { by, was, revision: rev, nextMs, carried, ahead } = change
    const args = { name, by, was, rev, next: nextMs ?? '', carried, ahead }
    const reply = this.#scripts.run(queue, SCRIPTS.schedule, args)
    return oneOf('schedule', reply, ['set', 'moved'])
  }

  /** Stops a schedule that goes to another queue. @returns what this queue knows of it, empty for nothing. */
  async leave(queue: string, name: string): Promise<string> {
    return String(await this.#scripts.run(queue, SCRIPTS.leave, { name }))
  }

  /** Ends a schedule in a queue. @returns whether it was there. */
  async unschedule(queue: string, name: string, by: string): Promise<boolean> {
    return (await this.#scripts.run(queue, SCRIPTS.unschedule, { name, by })) === 'removed'
  }
}
