import type { FailurePolicy } from '../../src/core/depend.ts'
import type { NewTask } from '../../src/core/verbs.ts'
import type { Model, ModelTask } from './model.ts'

/** How a task stands to those who depend on it. */
function outcomeOf(model: Model, id: string): { outcome: 'live' | 'done' | 'dead' | 'gone'; mark: number } | undefined {
  const task = model.tasks.get(id)
  if (task?.spot === 'dead' || task?.spot === 'trash') return { outcome: 'dead', mark: task.atMs }
  if (task !== undefined) return { outcome: 'live', mark: 0 }
  const record = model.records.get(id)?.how
  const kept = model.kept.get(id) ?? (record === undefined ? undefined : record === 'completed' ? 'done' : 'gone')
  return kept === undefined ? undefined : { outcome: kept, mark: 0 }
}

/** One new task that depends on others of its queue. */
export function flow(model: Model, task: NewTask, nowMs: number): string {
  if (model.tasks.has(task.id)) return 'conflict'
  const edges = task.edges ?? []
  for (const { id } of edges) if (outcomeOf(model, id) === undefined) return 'unknown_parent'
  const added = model.add(task)
  const open = new Map<string, { policy: FailurePolicy; mark: number }>()
  let fails = false
  for (const { id, policy } of edges) {
    const { outcome, mark } = outcomeOf(model, id)!
    const record = model.records.get(id)?.how
    if (record !== undefined && !model.tasks.has(id) && !model.kept.has(id))
      model.kept.set(id, record === 'completed' ? 'done' : 'gone')
    model.children.set(id, (model.children.get(id) ?? new Set<string>()).add(task.id))
    const isClosed = outcome === 'done' || outcome === 'gone' || (outcome === 'dead' && policy === 'ignore')
    if (!isClosed) open.set(id, { policy, mark })
    fails ||= (outcome === 'gone' && policy !== 'ignore') || (outcome === 'dead' && policy === 'fail')
  }
  model.parents.set(
    task.id,
    edges.map(({ id }) => id),
  )
  if (open.size > 0) model.open.set(task.id, open)
  if (fails) model.die(added, nowMs)
  else if (open.size > 0) added.spot = 'blocked'
  else place(model, added, nowMs)
  return 'enqueued'
}

function place(model: Model, task: ModelTask, nowMs: number): void {
  const { when, timeMs } = task.new
  const due = when === 'in' ? nowMs + timeMs : when === 'at' ? timeMs : nowMs
  if (due > nowMs) model.schedule(task, due)
  else model.join(task)
}

function hear(model: Model, id: string, parent: string, outcome: string, mark: number, nowMs: number): void {
  const open = model.open.get(id)
  const edge = open?.get(parent)
  if (open === undefined || edge === undefined) return
  const task = model.tasks.get(id)
  const isBlocked = task?.spot === 'blocked'
  if (outcome === 'dead' && edge.policy !== 'ignore') {
    if (mark <= edge.mark) return
    edge.mark = mark
    if (edge.policy === 'fail' && isBlocked) model.die(task, nowMs)
    return
  }
  open.delete(parent)
  if (open.size === 0) model.open.delete(id)
  if (!isBlocked) return
  if (outcome === 'gone' && edge.policy !== 'ignore') model.die(task, nowMs)
  else if (open.size === 0) place(model, task, nowMs)
}

/** Brings what ended to whom it concerns, and what that ends, until there is nothing left to be told. */
export function forward(model: Model, nowMs: number): void {
  while (model.facts.size > 0) {
    const facts = [...model.facts]
    for (const [id, { outcome, mark }] of facts)
      for (const child of [...(model.children.get(id) ?? [])].toSorted()) hear(model, child, id, outcome, mark, nowMs)
    for (const [id, fact] of facts) {
      if (model.facts.get(id) === fact) model.facts.delete(id)
      if (fact.outcome === 'dead') continue
      for (const parent of model.parents.get(id) ?? []) leave(model, parent, id)
      model.parents.delete(id)
      model.open.delete(id)
    }
  }
}

function leave(model: Model, parent: string, child: string): void {
  const children = model.children.get(parent)
  children?.delete(child)
  if (children === undefined || children.size > 0) return
  model.children.delete(parent)
  model.kept.delete(parent)
}

/** What can be compared with what Redis keeps of parents and children. */
export const relationsOf = (model: Model): object => ({
  open: Object.fromEntries(
    [...model.open].flatMap(([id, open]) =>
      Array.from(open, ([parent, { policy, mark }]) => [`${id} ${parent}`, `${policy[0]}${mark}`]),
    ),
  ),
  children: Object.fromEntries(Array.from(model.children, ([id, all]) => [id, [...all].toSorted()])),
  parents: Object.fromEntries(model.parents),
  facts: Object.fromEntries(Array.from(model.facts, ([id, { outcome, mark }]) => [id, `${outcome} ${mark}`])),
  kept: [...model.kept.keys()].toSorted(),
})
