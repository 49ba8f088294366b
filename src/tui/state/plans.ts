import type { Json } from '../../core/task.ts'
import type { QueueRow, WorkerRow } from '../source/rows.ts'
import { type Safe, safeLine, say, upper } from '../text/safe.ts'
import type { Change, Plan } from './plan.ts'
import type { Scene } from './scene.ts'

export { cancelPlan, deletePlan, purgePlan, replayPlan, type TaskBrief } from './bulk-plans.ts'
export { runPlan } from './hasten-plan.ts'

type Fact = readonly [Safe, Safe]

const whose = (scene: Scene): Safe => scene.state.about.address

export function pausePlan(row: QueueRow): Plan {
  const on = row.paused === undefined
  const question = on
    ? say`Pause ${row.name}? ${row.pending} wait, ${row.active} run to their end`
    : say`Resume ${row.name}? Workers take its ${row.pending} waiting again`
  const act = { kind: on ? 'pause' : 'resume', queue: row.key } as const
  return { act, tier: 1, title: on ? say`PAUSE` : say`RESUME`, facts: [], question, phrase: undefined }
}

export function quietPlan(row: WorkerRow): Plan {
  const question = row.quiet
    ? say`Let ${row.id} take tasks again?`
    : say`Quiet ${row.id}? No new tasks; its ${row.busy} go on`
  const act = { kind: 'quiet', worker: row.key, on: !row.quiet } as const
  return { act, tier: 1, title: row.quiet ? say`WAKE` : say`QUIET`, facts: [], question, phrase: undefined }
}

export function undoPlan(scene: Scene, change: Change): Plan {
  const act = { kind: 'undo', change } as const
  const tier = change.kind === 'purge' || change.kind === 'newest-purge' ? 2 : 1
  const title = say`UNDO ${upper(say`last change`)} ─ ${whose(scene)}`
  const facts: Fact[] = [
    [say`what`, change.label],
    [say`effect`, say`what is still in the trash goes back to the DLQ, in its old place`],
  ]
  return { act, tier, title, facts: tier === 2 ? facts : [], question: say`Undo: ${change.label}?`, phrase: undefined }
}

/** A task by hand, to try something: nothing is taken away by it, but it runs. */
export function enqueuePlan(scene: Scene, type: string, payload: Json, queue: string | undefined): Plan {
  const known = scene.data.workers.some(({ typeKeys, silent }) => !silent && typeKeys.includes(type))
  const facts: Fact[] = [
    [say`type`, safeLine(type, 60)],
    [say`queue`, queue === undefined ? say`that of its type, else default` : safeLine(queue, 60)],
    [say`payload`, safeLine(JSON.stringify(payload), 60)],
  ]
  if (!known) facts.push([say`note`, say`no live worker says that it knows this type`])
  const act = { kind: 'enqueue', type, payload, queue } as const
  return {
    act,
    tier: 2,
    title: say`ENQUEUE ─ ${whose(scene)}`,
    facts,
    question: say`Enqueue this task?`,
    phrase: undefined,
  }
}
