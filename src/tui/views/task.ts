import { rule } from '../components/rule.ts'
import type { Binding, Step } from '../keys/binding.ts'
import type { TaskDoc } from '../source/task-doc.ts'
import { type TaskRef, sameRef } from '../source/source.ts'
import { moveBy } from '../state/list.ts'
import { type TaskBrief, deletePlan, replayPlan, runPlan } from '../state/plans.ts'
import type { Scene } from '../state/scene.ts'
import { currentList } from '../state/state.ts'
import { clampScroll } from '../state/text-pane.ts'
import { bytes, duration, instant } from '../text/format.ts'
import { wrap } from '../text/fit.ts'
import { type Line, type Span, facts, line, span, textOf } from '../text/line.ts'
import { type Safe, say } from '../text/safe.ts'
import { attemptLines } from './attempts.ts'
import { REFRESH, withList } from './go.ts'
import { relativeLines, relativeTexts } from './relatives.ts'
import { viewOf } from './views.ts'

const refShown = ({ screen }: Scene): TaskRef | undefined => (screen.kind === 'task' ? screen.ref : undefined)

/** The task on the screen, once it was read. */
export function docShown(scene: Scene): { doc: TaskDoc | undefined; isGone: boolean; isRead: boolean } {
  const { task } = scene.data
  if (task === undefined || !sameRef(task.ref, refShown(scene))) return { doc: undefined, isGone: false, isRead: false }
  return { doc: task.doc, isGone: task.kind === 'gone', isRead: true }
}

type Pair = readonly [Safe, Safe | Span]

function timeFacts(doc: TaskDoc, scene: Scene): readonly Pair[] {
  const now = scene.redisNowMs
  const at = (label: Safe, ms: number | undefined): readonly Pair[] => {
    if (ms === undefined) return []
    const distance = ms > now ? say`in ${duration(ms - now)}` : say`${duration(now - ms)} ago`
    return [[label, say`${instant(ms, now)}  ${distance}`]]
  }
  return [
    ...at(say`created`, doc.createdAtMs),
    ...at(say`due`, doc.runAtMs),
    ...at(say`started`, doc.startedAtMs),
    ...at(doc.isDead ? say`died` : say`finished`, doc.finishedAtMs),
    ...at(say`lease ends`, doc.leaseExpiresAtMs),
    ...at(say`deadline`, doc.deadlineAtMs),
  ]
}

function factPairs(doc: TaskDoc, scene: Scene): readonly Pair[] {
  const worker: readonly Pair[] = doc.worker === undefined ? [] : [[say`worker`, doc.worker]]
  const idempotency: readonly Pair[] = doc.idempotencyKey === undefined ? [] : [[say`idem key`, doc.idempotencyKey]]
  const trace: readonly Pair[] = doc.traceId === undefined ? [] : [[say`trace`, doc.traceId]]
  const progress: readonly Pair[] =
    doc.progress === undefined ? [] : [[say`progress`, say`${Math.round(doc.progress * 100) / 100}`]]
  const cancel: readonly Pair[] = doc.cancelRequested ? [[say`cancel`, span(say`requested`, 'warn')]] : []
  return [
    [say`type`, doc.type],
    [say`queue`, say`${doc.queue}, priority ${doc.priority}`],
    ...worker,
    ...idempotency,
    ...trace,
    ...cancel,
    ...progress,
    ...timeFacts(doc, scene),
  ]
}

/** Long lines are broken, so that nothing of a payload is out of sight. */
const broken = (lines: readonly Safe[], columns: number, tone: Span['tone'] = 'plain'): readonly Line[] =>
  lines.flatMap((text) => wrap(text, columns - 2).map((part) => line(say` `, span(part, tone))))

function section(scene: Scene, title: Safe, note: Safe | undefined, lines: readonly Line[]): readonly Line[] {
  return lines.length === 0 ? [] : [rule(scene.columns, title, note), ...lines]
}

/** Why it does not run, once that was read. */
const reasonsOf = ({ ref }: TaskDoc, { data: { reasons } }: Scene): readonly Safe[] =>
  reasons !== undefined && sameRef(reasons.ref, ref) ? reasons.texts : []

/** Everything known of the task, one line after the other. */
function content(doc: TaskDoc, scene: Scene): readonly Line[] {
  const { columns } = scene
  const size = doc.payloadBytes === undefined ? undefined : say`${bytes(doc.payloadBytes)} bytes`
  return [
    ...facts(factPairs(doc, scene), columns, scene.layout.isWide ? 58 : columns),
    ...section(scene, say`Why`, say`what has to change first on top`, broken(reasonsOf(doc, scene), columns, 'warn')),
    ...section(scene, say`Parents`, say`it waits for these`, relativeLines(doc.parents, scene)),
    ...section(scene, say`Children`, say`these wait for it`, relativeLines(doc.children, scene)),
    ...attemptLines(doc, scene),
    ...section(scene, say`Payload`, size, broken(doc.payload, columns)),
    ...section(scene, say`Result`, undefined, broken(doc.result, columns)),
    ...section(scene, say`Error`, undefined, broken(doc.error, columns, 'bad')),
  ]
}

function stateSpan({ doc, isGone }: { doc: TaskDoc; isGone: boolean }): Span {
  if (isGone) return span(say`GONE`, 'bad')
  const tries =
    doc.maxRetries === undefined ? say`attempt ${doc.attempt}` : say`attempt ${doc.attempt} of ${doc.maxRetries + 1}`
  return span(say`${doc.state}  ${tries}`, doc.isDead ? 'bad' : 'accent')
}

export function taskLines(scene: Scene): readonly Line[] {
  const { doc, isGone, isRead } = docShown(scene)
  if (doc === undefined) {
    const trouble = scene.data.troubles.task
    const text =
      trouble ?? (isRead ? say`This task is nowhere any more: purged, or its record was dropped.` : say`reading …`)
    return [rule(scene.columns, say`Task`), line(), line(say` ${text}`)]
  }
  const lines = content(doc, scene)
  const rows = scene.layout.bodyRows - 1
  const scroll = clampScroll(scene.screen.kind === 'task' ? scene.screen.scroll : 0, lines.length, rows)
  const place =
    lines.length <= rows
      ? undefined
      : say`lines ${scroll + 1}-${Math.min(lines.length, scroll + rows)} of ${lines.length}`
  return [
    rule(scene.columns, say`Task ${doc.id}`, place, stateSpan({ doc, isGone })),
    ...lines.slice(scroll, scroll + rows),
  ]
}

/** Where the sections of the task begin, as lines to scroll to. */
export function taskSections(scene: Scene): readonly number[] {
  const { doc } = docShown(scene)
  const lines = doc === undefined ? [] : content(doc, scene)
  return [0, ...lines.flatMap((text, at) => (textOf(text).startsWith('─ ') ? [at] : []))]
}

/** How many lines there are to scroll through. */
export const taskLength = (scene: Scene): number => {
  const { doc } = docShown(scene)
  return doc === undefined ? 0 : content(doc, scene).length
}

/** The same as text, for a pager: everything has passed `safe`, and nothing is broken into lines. */
export function taskPage(scene: Scene): { title: Safe; lines: readonly Safe[] } | undefined {
  const { doc } = docShown(scene)
  if (doc === undefined) return undefined
  const part = (title: Safe, lines: readonly Safe[]): readonly Safe[] =>
    lines.length === 0 ? [] : [say``, title, ...lines]
  const pairs = factPairs(doc, scene).map(
    ([label, value]) => say`${label}: ${typeof value === 'string' ? value : value.text}`,
  )
  const attempts = doc.attempts.map(
    ({ attempt, worker, reason, message, atMs }) =>
      say`${attempt}  ${instant(atMs, scene.redisNowMs)}  ${worker}  ${reason}  ${message}`,
  )
  const lines = [
    ...pairs,
    ...part(say`WHY, what has to change first on top`, reasonsOf(doc, scene)),
    ...part(say`PARENTS`, relativeTexts(doc.parents)),
    ...part(say`CHILDREN`, relativeTexts(doc.children)),
    ...part(say`ATTEMPTS that failed, newest first`, attempts),
    ...part(say`PAYLOAD`, doc.payload),
    ...part(say`RESULT`, doc.result),
    ...part(say`ERROR`, doc.error),
  ]
  return { title: say`Task ${doc.id}  ${doc.state}`, lines }
}

const isDead = ({ isDead: is }: TaskDoc): boolean => is
const isWaiting = ({ state }: TaskDoc): boolean => state === 'scheduled' || state === 'retrying'

/** The task that is shown, when it is what a change is for. */
function brief(scene: Scene, isFit = isDead): TaskBrief | undefined {
  const { doc, isGone } = docShown(scene)
  if (doc === undefined || isGone || !isFit(doc)) return undefined
  return { ref: doc.ref, id: doc.id, type: doc.type, message: doc.attempts[0]?.message ?? doc.error[0] ?? say`` }
}

const NOT_DEAD: Step = { say: { text: say`only a dead task can be replayed, edited or deleted`, tone: 'warn' } }
const NOT_WAITING: Step = { say: { text: say`only what waits for its time can be run now`, tone: 'warn' } }

/** The task before or after this one in the list underneath, without leaving. */
function neighbour(scene: Scene, by: 1 | -1): Step {
  const id = currentList(scene.ui)
  const view = viewOf(id)
  const refs = view.refs?.(scene) ?? []
  const list = moveBy(scene.ui.lists[id], view.keys(scene), view.height(scene), by)
  const ref = refs[list.index]
  if (ref === undefined) return {}
  const stack = [...scene.ui.stack.slice(0, -1), { kind: 'task' as const, ref, scroll: 0 }]
  return { ui: { ...withList(scene.ui, id, list), stack }, effects: REFRESH }
}

export const TASK_BINDINGS: readonly Binding[] = [
  {
    keys: ['R'],
    shows: say`R`,
    hint: say`replay`,
    help: say`run the dead task again`,
    isChange: true,
    run: (scene) => {
      const row = brief(scene)
      return row === undefined ? NOT_DEAD : { ask: replayPlan(scene, [row]) }
    },
  },
  {
    keys: ['D'],
    shows: say`D`,
    hint: say`delete`,
    help: say`move the dead task to the trash`,
    isChange: true,
    run: (scene) => {
      const row = brief(scene)
      return row === undefined ? NOT_DEAD : { ask: deletePlan(scene, [row]) }
    },
  },
  {
    keys: ['E'],
    shows: say`E`,
    hint: say`edit`,
    isIdle: (scene) => brief(scene) === undefined,
    help: say`edit the payload of the dead task in $EDITOR, replay it with that`,
    isChange: true,
    run: (scene) => {
      const row = brief(scene)
      return row === undefined ? NOT_DEAD : { effects: [{ kind: 'edit', ref: row.ref }] }
    },
  },
  {
    keys: ['N'],
    shows: say`N`,
    hint: say`run now`,
    isIdle: (scene) => brief(scene, isWaiting) === undefined,
    help: say`run it now, if it waits for its time or for its next attempt`,
    isChange: true,
    run: (scene) => {
      const row = brief(scene, isWaiting)
      return row === undefined ? NOT_WAITING : { ask: runPlan(scene, [row]) }
    },
  },
  {
    keys: ['J', 'K'],
    shows: say`J/K`,
    hint: say`next task`,
    help: say`the next or previous task of the list, without leaving`,
    run: (scene, key) => neighbour(scene, key === 'J' ? 1 : -1),
  },
]
