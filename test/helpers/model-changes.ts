import type { NewTask } from '../../src/core/verbs.ts'
import { type Model, type ModelTask, RESULT_TTL_MS, TRASH_MS, uniqueOf } from './model.ts'

export function promote(model: Model, nowMs: number): number {
  const due = [...model.tasks.values()].filter((task) => task.spot === 'scheduled' && task.atMs <= nowMs)
  const member = (task: ModelTask): string => `${task.priority[0]}${task.id}`
  const inOrder = due.toSorted((a, b) => a.atMs - b.atMs || (member(a) < member(b) ? -1 : 1))
  for (const task of inOrder) model.join(task)
  return due.length
}

export function cancel(model: Model, id: string, nowMs: number): string {
  const task = model.tasks.get(id)
  if (task === undefined) return model.records.has(id) ? 'final' : 'not_found'
  if (task.spot === 'dead' || task.spot === 'trash') return 'final'
  if (task.spot === 'active') {
    task.isCancelAsked = true
    return 'requested'
  }
  if (task.spot === 'pending') model.leaveLine(id)
  model.end(task, nowMs, 'cancelled', RESULT_TTL_MS)
  return 'cancelled'
}

export function hasten(model: Model, id: string): string {
  const task = model.tasks.get(id)
  if (task === undefined) return model.records.has(id) ? 'not_waiting' : 'not_found'
  if (task.spot !== 'scheduled') return 'not_waiting'
  model.join(task)
  return 'hastened'
}

/** @param shown the envelope that an edit began with. */
export function replayEdited(model: Model, id: string, shown: string, envelope: string): string {
  const task = model.tasks.get(id)
  if (task?.spot === 'dead' && task.new.envelope !== shown) return 'changed'
  const word = replay(model, id)
  if (word === 'replayed') task!.new = { ...task!.new, envelope }
  return word
}

export function replay(model: Model, id: string): string {
  const task = model.tasks.get(id)
  if (task?.spot !== 'dead') return 'not_dead'
  const { idempotencySha: sha, priority } = task.new
  const unique = uniqueOf(task.new)
  const rival = unique === undefined ? undefined : model.uniques.get(unique)
  if (rival !== undefined && rival !== id) return `duplicate of ${rival}`
  if (sha !== undefined) {
    const owner = model.keys.get(sha)
    if (owner !== undefined && owner !== id) return `duplicate of ${owner}`
    model.keys.set(sha, id)
  }
  if (unique !== undefined) model.uniques.set(unique, id)
  model.tombs.delete(id)
  task.counts = [task.counts?.[0] ?? 0, 0, 0, 0, 0, 0]
  task.priority = priority
  if (model.open.has(id)) task.spot = 'blocked'
  else model.join(task)
  return 'replayed'
}

export function purge(model: Model, id: string, now: boolean, nowMs: number): string {
  const task = model.tasks.get(id)
  if (task?.spot !== 'dead') return 'not_dead'
  if (now) {
    model.tasks.delete(id)
    model.tell(id, 'gone', 0, false)
  } else Object.assign(task, { spot: 'trash', trashMs: nowMs + TRASH_MS })
  return 'purged'
}

export function undo(model: Model, id: string): string {
  const task = model.tasks.get(id)
  if (task?.spot !== 'trash') return 'not_in_trash'
  task.spot = 'dead'
  return 'restored'
}

export function schedule(model: Model, name: string, next: number): string {
  if (model.cursors.has(name)) return 'moved'
  model.cursors.set(name, next)
  return 'set'
}

export function fire(model: Model, name: string, slot: number, next: number, task: NewTask, nowMs: number): string {
  if (model.cursors.get(name) !== slot) return 'moved'
  if (slot > nowMs) return 'early'
  model.cursors.set(name, next)
  if (model.tasks.has(task.id) || model.tombs.has(task.id)) return 'moved'
  const added = model.add(task)
  if (task.timeMs > nowMs) model.schedule(added, task.timeMs)
  else model.join(added)
  return 'fired'
}

/** @returns the word, and the run. */
export function trigger(model: Model, name: string, taskOf: (id: string) => NewTask, nowMs: number): string {
  if (!model.cursors.has(name)) return 'changed '
  let atMs = nowMs
  while (model.tasks.has(`${name}:t${atMs}`) || model.tombs.has(`${name}:t${atMs}`)) atMs += 1
  model.join(model.add(taskOf(`${name}:t${atMs}`)))
  return `fired t${atMs}`
}

export function sweep(model: Model, nowMs: number): { trash: number; history: number; tombs: number } {
  const trash = [...model.tasks.values()].filter((task) => task.spot === 'trash' && (task.trashMs ?? 0) <= nowMs)
  for (const { id } of trash) {
    model.tasks.delete(id)
    model.tell(id, 'gone', 0, false)
  }
  const history = [...model.records].filter(([, { untilMs }]) => untilMs <= nowMs)
  for (const [id] of history) model.records.delete(id)
  const tombs = [...model.tombs].filter(
    ([, { untilS, hash }]) => untilS * 1_048_576 + hash <= Math.floor(nowMs / 1_000) * 1_048_576,
  )
  for (const [id] of tombs) model.tombs.delete(id)
  return { trash: trash.length, history: history.length, tombs: tombs.length }
}
