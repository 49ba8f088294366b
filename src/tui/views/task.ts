import { rule } from '../components/rule.ts'
import type { Binding, Step } from '../keys/binding.ts'
import type { TaskDoc } from '../source/task-doc.ts'
import { type TaskRef, keyOf, sameRef } from '../source/source.ts'
import { moveBy } from '../state/list.ts'
import { type DeadBrief, deletePlan, replayPlan } from '../state/plans.ts'
import type { Scene } from '../state/scene.ts'
import { currentView } from '../state/state.ts'
import { clampScroll } from '../state/text-pane.ts'
import { bytes, duration, instant } from '../text/format.ts'
import { fit, wrap } from '../text/fit.ts'
import { type Line, type Span, facts, line, span } from '../text/line.ts'
import { type Safe, say } from '../text/safe.ts'
import { REFRESH, withList } from './go.ts'
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
  const progress: readonly Pair[] =
    doc.progress === undefined ? [] : [[say`progress`, say`${Math.round(doc.progress * 100) / 100}`]]
  const cancel: readonly Pair[] = doc.cancelRequested ? [[say`cancel`, span(say`requested`, 'warn')]] : []
  return [
    [say`type`, doc.type],
    [say`queue`, say`${doc.queue}, priority ${doc.priority}`],
    ...worker,
    ...idempotency,
    ...cancel,
    ...progress,
    ...timeFacts(doc, scene),
  ]
}

/** Long lines are broken, so that nothing of a payload is out of sight. */
const broken = (lines: readonly Safe[], columns: number, tone: Span['tone'] = 'plain'): readonly Line[] =>
  lines.flatMap((text) => wrap(text, columns - 2).map((part) => line(say` `, span(part, tone))))

function attemptLines(doc: TaskDoc, scene: Scene): readonly Line[] {
  if (doc.attempts.length === 0) return []
  const wide = scene.layout.isWide ? 24 : 12
  const rows = doc.attempts.map((row) => {
    const head = say` ${fit(say`${row.attempt}`, 3, 'right')}  ${fit(row.worker, wide, 'left', 'middle')}  ${fit(row.reason, 9)}  `
    const room = Math.max(10, scene.columns - wide - 18 - 15)
    return line(
      head,
      span(fit(row.message, room), 'bad'),
      span(say`  ${fit(instant(row.atMs, scene.redisNowMs), 12, 'right')}`, 'dim'),
    )
  })
  return [rule(scene.columns, say`Attempts`, say`that failed, newest first`), ...rows]
}

function section(scene: Scene, title: Safe, note: Safe | undefined, lines: readonly Line[]): readonly Line[] {
  return lines.length === 0 ? [] : [rule(scene.columns, title, note), ...lines]
}

/** Everything known of the task, one line after the other. */
function content(doc: TaskDoc, scene: Scene): readonly Line[] {
  const { columns } = scene
  const size = doc.payloadBytes === undefined ? undefined : say`${bytes(doc.payloadBytes)} bytes`
  return [
    ...facts(factPairs(doc, scene), columns, scene.layout.isWide ? 58 : columns),
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

/** How many lines there are to scroll through. */
export const taskLength = (scene: Scene): number => {
  const { doc } = docShown(scene)
  return doc === undefined ? 0 : content(doc, scene).length
}

function brief(scene: Scene): DeadBrief | undefined {
  const { doc, isGone } = docShown(scene)
  if (doc === undefined || isGone || !doc.isDead) return undefined
  return { ref: doc.ref, id: doc.id, type: doc.type, message: doc.attempts[0]?.message ?? doc.error[0] ?? say`` }
}

const NOT_DEAD: Step = { say: { text: say`only a dead task can be replayed or deleted`, tone: 'warn' } }

/** The task before or after this one in the list underneath, without leaving. */
function neighbour(scene: Scene, by: 1 | -1): Step {
  const view = currentView(scene.ui)
  const keys = viewOf(view).keys(scene)
  const list = moveBy(scene.ui.lists[view], keys, viewOf(view).height(scene), by)
  const [queue, id] = list.key?.split('\0') ?? []
  const ref = queue === undefined || id === undefined ? undefined : { queue, id }
  if (ref === undefined || keyOf(ref) !== list.key || !['dlq', 'leases'].includes(view)) return {}
  const stack = [...scene.ui.stack.slice(0, -1), { kind: 'task' as const, ref, scroll: 0 }]
  return { ui: { ...withList(scene.ui, view, list), stack }, effects: REFRESH }
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
    keys: ['J', 'K'],
    shows: say`J/K`,
    hint: say`next task`,
    help: say`the next or previous task of the list, without leaving`,
    run: (scene, key) => neighbour(scene, key === 'J' ? 1 : -1),
  },
]
