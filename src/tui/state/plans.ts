import type { DeadRow, QueueRow, WorkerRow } from '../source/rows.ts'
import { cutTo } from '../text/fit.ts'
import { clock, duration, plural } from '../text/format.ts'
import { type Safe, join, safeLine, say, upper } from '../text/safe.ts'
import { type Change, type IdSet, type Plan, countOf } from './plan.ts'
import type { Scene } from './scene.ts'

/** More than so many at once are asked for by a typed phrase. */
const MANY = 50

type Fact = readonly [Safe, Safe]
/** What a question says of a dead task. */
export type DeadBrief = Pick<DeadRow, 'ref' | 'id' | 'type' | 'message'>

const byQueue = (rows: readonly DeadBrief[]): readonly IdSet[] =>
  [...Map.groupBy(rows, ({ ref }) => ref.queue)].map(([queue, group]) => ({
    queue,
    ids: group.map(({ ref }) => ref.id),
  }))

/** `email x3, image.resize x1`, the most frequent first. */
function tally(names: readonly Safe[]): Safe {
  const groups = [...Map.groupBy(names, (name) => name)].toSorted(([, a], [, b]) => b.length - a.length)
  const named = groups.slice(0, 4).map(([name, all]) => say`${name} x${all.length}`)
  const rest = groups.length - named.length
  return join(rest > 0 ? [...named, say`${rest} more`] : named, ', ')
}

const idsOf = (rows: readonly DeadBrief[]): Safe => {
  const first = rows.slice(0, 3).map(({ id }) => cutTo(id, 22, 'id'))
  return join(rows.length > 3 ? [...first, say`…`] : first, '  ')
}

/** Where the tasks go, and how many wait there already. */
function destination(scene: Scene, sets: readonly IdSet[]): Safe {
  const places = sets.map(({ queue }) => {
    const row = scene.data.queues.find(({ key }) => key === queue)
    const state = row?.paused === undefined ? say`` : say`, PAUSED`
    return say`pending of ${safeLine(queue)} (now ${row?.pending ?? 0} deep${state})`
  })
  return join(places.slice(0, 3), ', ')
}

const source = (sets: readonly IdSet[]): Safe =>
  join(
    sets.slice(0, 4).map(({ queue, ids }) => say`DLQ of ${safeLine(queue)}: ${ids.length}`),
    ', ',
  )

function hiddenMarks(scene: Scene, acted: number): readonly Fact[] {
  const hidden = scene.ui.lists.dlq.marks.size - acted
  if (scene.ui.lists.dlq.marks.size === 0 || hidden <= 0) return []
  return [[say`note`, say`${plural(hidden, say`marked task`)} not shown by the filter: NOT included`]]
}

const whose = (scene: Scene): Safe => scene.state.about.address

/** Short enough for one row beside its answers. */
function replayOne({ data }: Scene, { ref, id, type }: DeadBrief): Safe {
  const depth = data.queues.find(({ key }) => key === ref.queue)?.pending ?? 0
  return say`Replay ${type} ${cutTo(id, 12, 'id')} to ${safeLine(ref.queue)}, ${depth} deep?`
}

export function replayPlan(scene: Scene, rows: readonly DeadBrief[]): Plan {
  const sets = byQueue(rows)
  const n = rows.length
  const hidden = hiddenMarks(scene, n)
  return {
    act: { kind: 'replay', sets },
    // What is left out has to be said, and only a box has room for it.
    tier: n > MANY ? 3 : n > 1 || hidden.length > 0 ? 2 : 1,
    title: say`REPLAY ${plural(n, say`task`)} ─ ${whose(scene)}`,
    facts: [
      [say`from`, source(sets)],
      [say`to`, destination(scene, sets)],
      [say`types`, tally(rows.map(({ type }) => type))],
      [say`errors`, tally(rows.map(({ message }) => cutTo(message, 40)))],
      [say`ids`, idsOf(rows)],
      [say`effect`, say`they run again, with their retries from the start`],
      ...hidden,
    ],
    question: n === 1 ? replayOne(scene, rows[0]!) : say`Replay these ${n} tasks?`,
    phrase: n > MANY ? say`replay ${n}` : undefined,
  }
}

export function deletePlan(scene: Scene, rows: readonly DeadBrief[]): Plan {
  const sets = byQueue(rows)
  const n = rows.length
  return {
    act: { kind: 'purge', sets },
    tier: n === 1 ? 2 : 3,
    title: say`DELETE ${plural(n, say`task`)} ─ ${whose(scene)}`,
    facts: [
      [say`from`, source(sets)],
      [say`types`, tally(rows.map(({ type }) => type))],
      [say`ids`, idsOf(rows)],
      [say`undo`, say`U for 15 minutes (kept in the trash)`],
      ...hiddenMarks(scene, n),
    ],
    question: say`Delete ${n === 1 ? say`this task` : say`these ${n} tasks`}?`,
    phrase: n > 1 ? say`delete ${n}` : undefined,
  }
}

export interface Collected {
  readonly sets: readonly IdSet[]
  readonly filter: string
  readonly frozenAtMs: number
  readonly oldestAtMs: number | undefined
  readonly newestAtMs: number | undefined
}

/** Everything that was dead at one instant, or what of it matches the filter. */
export function purgePlan(scene: Scene, { sets, filter, frozenAtMs, oldestAtMs, newestAtMs }: Collected): Plan {
  const n = countOf(sets)
  const ago = (ms: number | undefined): Safe => (ms === undefined ? say`?` : say`${duration(frozenAtMs - ms)} ago`)
  const what = filter === '' ? say`all ${n} dead` : say`${n} matching`
  return {
    act: { kind: 'purge', sets },
    tier: 3,
    title: say`PURGE ${what} ─ ${whose(scene)}`,
    facts: [
      [say`DELETES`, source(sets)],
      [say`frozen`, say`at ${clock(frozenAtMs)}: what dies later is NOT included`],
      [say`filter`, filter === '' ? say`none: everything in the DLQ` : safeLine(filter, 60)],
      [say`age`, say`oldest ${ago(oldestAtMs)}, newest ${ago(newestAtMs)}`],
      [say`undo`, say`U for 15 minutes, after that never`],
    ],
    question: say`Purge ${n}?`,
    phrase: say`purge ${n}`,
  }
}

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
