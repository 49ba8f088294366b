import type { TaskRow } from '../source/task-row.ts'
import { cutTo } from '../text/fit.ts'
import { clock, duration, plural } from '../text/format.ts'
import { type Safe, NOTHING, join, safeLine, say } from '../text/safe.ts'
import { type Act, type IdSet, type Plan, countOf } from './plan.ts'
import type { Scene } from './scene.ts'

/** More than so many at once are asked for by a typed phrase. */
export const MANY = 50

export type Fact = readonly [Safe, Safe]

/** How many tasks of a queue. */
interface Sized {
  readonly queue: string
  readonly count: number
}

export const sized = (sets: readonly IdSet[]): readonly Sized[] =>
  sets.map(({ queue, ids }) => ({ queue, count: ids.length }))

/** What a question says of a task. */
export type TaskBrief = Pick<TaskRow, 'ref' | 'id' | 'type'> & {
  readonly message?: Safe
  readonly endedAtMs?: number | undefined
}

/** What a question about many tasks has to say besides. */
export interface Extent {
  /** Marked tasks that are not shown, and so left out. */
  readonly hidden: number
  /** When the tasks were looked up for the question, by which filter. */
  readonly frozen?: { readonly atMs: number; readonly filter: string }
}

const NOTHING_MORE: Extent = { hidden: 0 }

export const byQueue = (rows: readonly TaskBrief[]): readonly IdSet[] =>
  [...Map.groupBy(rows, ({ ref }) => ref.queue)].map(([queue, group]) => ({
    queue,
    ids: group.map(({ ref }) => ref.id),
  }))

/** `email x3, image.resize x1`, the most frequent first. */
export function tally(names: readonly Safe[]): Safe {
  const groups = [...Map.groupBy(names, (name) => name)].toSorted(([, a], [, b]) => b.length - a.length)
  const named = groups.slice(0, 4).map(([name, all]) => say`${name} x${all.length}`)
  const rest = groups.length - named.length
  return join(rest > 0 ? [...named, say`${rest} more`] : named, ', ')
}

export const idsOf = (rows: readonly TaskBrief[]): Safe => {
  const first = rows.slice(0, 3).map(({ id }) => cutTo(id, 22, 'id'))
  return join(rows.length > 3 ? [...first, say`…`] : first, '  ')
}

/** Where the tasks go, how many wait there already, and how much longer that line gets. */
export function destination(scene: Scene, parts: readonly Sized[]): Safe {
  const places = parts.map(({ queue, count }) => {
    const row = scene.data.queues.find(({ key }) => key === queue)
    const perSecond = row?.completedRate ?? 0
    const more = perSecond > 0 ? say`, ${duration((count / perSecond) * 1000)} longer` : NOTHING
    const state = row?.paused === undefined ? more : say`, PAUSED`
    return say`pending of ${safeLine(queue)} (now ${row?.pending ?? 0} deep${state})`
  })
  return join(places.slice(0, 3), ', ')
}

export const source = (parts: readonly Sized[], place = say`DLQ`): Safe =>
  join(
    parts.slice(0, 4).map(({ queue, count }) => say`${place} of ${safeLine(queue)}: ${count}`),
    ', ',
  )

export const whose = (scene: Scene): Safe => scene.state.about.address

/** What is typed to go on; on a Redis marked prod also its name, for very many. */
export function phraseFor({ state: { about } }: Scene, verb: Safe, n: number): Safe {
  return about.context?.isProd === true && n > 1_000 ? say`${verb} ${n} ${about.context.name}` : say`${verb} ${n}`
}

export function extentFacts({ hidden, frozen }: Extent): readonly Fact[] {
  const notes: Fact[] = []
  if (frozen !== undefined) {
    notes.push([say`frozen`, say`at ${clock(frozen.atMs)}: what comes later is NOT included`])
    notes.push([say`filter`, frozen.filter === '' ? say`none: all of them` : safeLine(frozen.filter, 60)])
  }
  if (hidden > 0)
    notes.push([say`note`, say`${plural(hidden, say`marked task`)} not shown by the filter: NOT included`])
  return notes
}

/** Short enough for one row beside its answers. */
function replayOne({ data }: Scene, { ref, id, type }: TaskBrief): Safe {
  const depth = data.queues.find(({ key }) => key === ref.queue)?.pending ?? 0
  return say`Replay ${type} ${cutTo(id, 12, 'id')} to ${safeLine(ref.queue)}, ${depth} deep?`
}

const RECENT_MS = 60_000

/** Tasks that went on dying of the same just now will probably do so again. */
function stillDying({ data, redisNowMs }: Scene, rows: readonly TaskBrief[]): readonly Fact[] {
  const messages = new Set(rows.map(({ message }) => message))
  const again = data.dead.rows.filter(
    ({ message, endedAtMs }) => messages.has(message) && redisNowMs - (endedAtMs ?? 0) < RECENT_MS,
  )
  if (rows.length < 2 || again.length === 0) return []
  return [[say`note`, say`${plural(again.length, say`task`)} died of the same within the last 60s: it may fail again`]]
}

export function replayPlan(scene: Scene, rows: readonly TaskBrief[], extent: Extent = NOTHING_MORE): Plan {
  const sets = byQueue(rows)
  const n = rows.length
  return {
    act: { kind: 'replay', sets },
    // What is left out has to be said, and only a box has room for it.
    tier: n > MANY ? 3 : n > 1 || extent.hidden > 0 ? 2 : 1,
    title: say`REPLAY ${plural(n, say`task`)} ─ ${whose(scene)}`,
    facts: [
      [say`from`, source(sized(sets))],
      [say`to`, destination(scene, sized(sets))],
      [say`types`, tally(rows.map(({ type }) => type))],
      [say`errors`, tally(rows.map(({ message = NOTHING }) => cutTo(message, 40)))],
      [say`ids`, idsOf(rows)],
      [say`effect`, say`they run again, with their retries from the start`],
      ...extentFacts(extent),
      ...stillDying(scene, rows),
    ],
    question: n === 1 ? replayOne(scene, rows[0]!) : say`Replay these ${n} tasks?`,
    phrase: n > MANY ? phraseFor(scene, say`replay`, n) : undefined,
  }
}

/** Not to be undone, so more than one is asked for by a phrase. */
export function cancelPlan(scene: Scene, rows: readonly TaskBrief[], extent: Extent = NOTHING_MORE): Plan {
  const sets = byQueue(rows)
  const n = rows.length
  return {
    act: { kind: 'cancel', sets },
    tier: n === 1 ? 2 : 3,
    title: say`CANCEL ${plural(n, say`task`)} ─ ${whose(scene)}`,
    facts: [
      [say`from`, source(sized(sets), say`queue`)],
      [say`types`, tally(rows.map(({ type }) => type))],
      [say`ids`, idsOf(rows)],
      [say`effect`, say`what waits never runs; of what runs, the worker is asked to stop`],
      [say`undo`, say`none`],
      ...extentFacts(extent),
    ],
    question: say`Cancel ${n === 1 ? say`this task` : say`these ${n} tasks`}?`,
    phrase: n > 1 ? phraseFor(scene, say`cancel`, n) : undefined,
  }
}

export function deletePlan(scene: Scene, rows: readonly TaskBrief[], extent: Extent = NOTHING_MORE): Plan {
  const sets = byQueue(rows)
  const n = rows.length
  return {
    act: { kind: 'purge', sets },
    tier: n === 1 ? 2 : 3,
    title: say`DELETE ${plural(n, say`task`)} ─ ${whose(scene)}`,
    facts: [
      [say`from`, source(sized(sets))],
      [say`types`, tally(rows.map(({ type }) => type))],
      [say`ids`, idsOf(rows)],
      [say`undo`, say`U for 15 minutes (kept in the trash)`],
      ...extentFacts(extent),
    ],
    question: say`Delete ${n === 1 ? say`this task` : say`these ${n} tasks`}?`,
    phrase: n > 1 ? phraseFor(scene, say`delete`, n) : undefined,
  }
}

/** Everything that was dead at one instant, or what of it matches the filter. */
export function purgePlan(scene: Scene, rows: readonly TaskBrief[], { frozen }: Extent): Plan {
  const sets = byQueue(rows)
  const n = countOf(sets)
  const { atMs = 0, filter = '' } = frozen ?? {}
  const times = rows.flatMap(({ endedAtMs }) => endedAtMs ?? [])
  const ago = (ms: number): Safe => (Number.isFinite(ms) ? say`${duration(atMs - ms)} ago` : say`?`)
  const oldest = times.reduce((least, ms) => Math.min(least, ms), Number.POSITIVE_INFINITY)
  const newest = times.reduce((most, ms) => Math.max(most, ms), Number.NEGATIVE_INFINITY)
  const act: Act = { kind: 'purge', sets }
  return {
    act,
    tier: 3,
    title: say`PURGE ${filter === '' ? say`all ${n} dead` : say`${n} matching`} ─ ${whose(scene)}`,
    facts: [
      [say`DELETES`, source(sized(sets))],
      [say`frozen`, say`at ${clock(atMs)}: what dies later is NOT included`],
      [say`filter`, filter === '' ? say`none: everything in the DLQ` : safeLine(filter, 60)],
      [say`age`, say`oldest ${ago(oldest)}, newest ${ago(newest)}`],
      [say`undo`, say`U for 15 minutes, after that never`],
    ],
    question: say`Purge ${n}?`,
    phrase: phraseFor(scene, say`purge`, n),
  }
}
