import { PRIORITIES } from '../../src/core/priority.ts'
import { type Entry, GRACE_MS, LEASE_MS, type Model, type ModelTask, RESULT_TTL_MS, TIMEOUT_MS } from './model.ts'

export interface Claim {
  readonly ids: readonly string[]
  readonly drain: boolean
  readonly alone: boolean
  /** Called with the nonce that Redis chose. */
  grant(nonce: string): void
}

const suspicionOf = (model: Model, id: string): number => model.tasks.get(id)?.counts?.[3] ?? 0

/** What a claim under strict order takes: heads of the lines, but a suspect in a process of its own, or alone. */
export function claim(
  model: Model,
  by: { worker: string; want: number; idle: boolean; spare: number | undefined },
  nowMs: number,
): Claim {
  const { drainer } = model
  const anotherDrains = drainer !== undefined && drainer.worker !== by.worker && drainer.untilMs > nowMs
  const chosen: { id: string; priority: (typeof PRIORITIES)[number] }[] = []
  let alone = false
  let spare = by.spare ?? 0
  let drain = false
  let aside: { entry: Entry; line: Entry[] }[] = []
  for (const priority of PRIORITIES) {
    const line = model.lines[priority]
    const waiting: Entry[] = []
    while (line.length > 0 && chosen.length < by.want && !alone) {
      for (const entry of line.splice(0, by.want - chosen.length)) {
        if (entry.isGhost) continue
        const suspicion = suspicionOf(model, entry.id)
        const isFirst = chosen.length === 0
        const isContained = suspicion >= 2 && suspicion < 4 && by.spare !== undefined
        if (!alone && isContained && spare > 0) {
          spare--
          chosen.push({ id: entry.id, priority })
        } else if (alone || isContained || (suspicion >= 2 && (!by.idle || !isFirst || anotherDrains))) {
          drain ||= !alone && !isContained && isFirst
          waiting.push(entry)
        } else {
          alone = suspicion >= 2
          chosen.push({ id: entry.id, priority })
        }
      }
    }
    line.unshift(...waiting)
    aside = aside.concat(waiting.map((entry) => ({ entry, line })))
  }
  const [first] = aside
  if (chosen.length === 0 && anotherDrains && by.idle && first !== undefined) {
    first.line.splice(first.line.indexOf(first.entry), 1)
    const priority = PRIORITIES.find((one) => model.lines[one] === first.line)!
    chosen.push({ id: first.entry.id, priority })
    alone = true
  }
  if ((alone || drain) && !anotherDrains) model.drainer = { worker: by.worker, untilMs: nowMs + LEASE_MS }
  else if (!alone && !drain && drainer?.worker === by.worker) model.drainer = undefined
  const ids = chosen.map(({ id }) => id)
  return {
    ids,
    drain: drain && !anotherDrains,
    alone,
    grant(nonce) {
      model.grants.set(nonce, { nonce, worker: by.worker, ids, alone, untilMs: nowMs + LEASE_MS })
      for (const { id, priority } of chosen) {
        const task = model.tasks.get(id)!
        Object.assign(task, { spot: 'active', nonce, priority, deadlineMs: nowMs + TIMEOUT_MS, reapedBy: undefined })
      }
    },
  }
}

const held = (model: Model, nonce: string, id: string): ModelTask | undefined => {
  const task = model.tasks.get(id)
  return task?.spot === 'active' && task.nonce === nonce ? task : undefined
}

export function complete(model: Model, nonce: string, id: string, nowMs: number, recordTtlMs: number): string {
  const task = held(model, nonce, id)
  if (task !== undefined) {
    model.letGo(task)
    model.end(task, nowMs, 'completed', recordTtlMs)
    return 'ok'
  }
  const lost = model.tasks.get(id)
  if (lost?.spot !== 'pending' || lost.reapedBy !== nonce) return 'stale'
  model.leaveLine(id)
  model.end(lost, nowMs, 'completed', recordTtlMs)
  return 'late'
}

export function fail(
  model: Model,
  nonce: string,
  id: string,
  verdict: 'retry' | 'dead' | 'crash',
  delayMs: number,
  nowMs: number,
): string {
  const task = held(model, nonce, id)
  if (task === undefined) return 'stale'
  model.letGo(task)
  if (task.isCancelAsked) {
    model.end(task, nowMs, 'cancelled', RESULT_TTL_MS)
    return 'cancelled'
  }
  const counts = model.counts(task)
  counts[0] += 1
  counts[3] = 0
  counts[5] = 0
  if (verdict === 'dead') {
    model.die(task, nowMs)
    return 'dead'
  }
  if (verdict === 'crash') {
    counts[2] += 1
    counts[3] = 2
    model.toFront(task)
    return 'pending'
  }
  counts[1] += 1
  model.schedule(task, nowMs + delayMs)
  return 'retrying'
}

export function release(
  model: Model,
  nonce: string,
  id: string,
  mode: 'front' | 'snooze' | 'unknown',
  delayMs: number,
  nowMs: number,
): string {
  const task = held(model, nonce, id)
  if (task === undefined) return 'stale'
  model.letGo(task)
  if (task.isCancelAsked) {
    model.end(task, nowMs, 'cancelled', RESULT_TTL_MS)
    return 'cancelled'
  }
  if (mode === 'front') {
    model.toFront(task)
    return 'pending'
  }
  const counts = model.counts(task)
  if (mode === 'snooze') {
    counts[4] += 1
    counts[5] = 0
  } else if (counts[5] === 0) counts[5] = nowMs
  model.schedule(task, nowMs + delayMs)
  return 'waits'
}

export function renew(
  model: Model,
  nonce: string,
  nowMs: number,
): { lost: boolean; cancelled: string[]; overdue: string[] } {
  const grant = model.grants.get(nonce)
  if (grant === undefined) return { lost: true, cancelled: [], overdue: [] }
  grant.untilMs = nowMs + LEASE_MS
  const still = grant.ids.flatMap((id) => held(model, nonce, id) ?? [])
  const isOverdue = (task: ModelTask): boolean => task.deadlineMs + GRACE_MS <= nowMs
  return {
    lost: false,
    cancelled: still.filter((task) => task.isCancelAsked && !isOverdue(task)).map(({ id }) => id),
    overdue: still.filter(isOverdue).map(({ id }) => id),
  }
}

/** Takes back what expired leases cover: of grants and of ids the one claimed last first, each to the front. */
export function reap(model: Model, nowMs: number): string[] {
  const expired = [...model.grants.values()].filter(({ untilMs }) => untilMs <= nowMs)
  const inOrder = expired.toSorted((a, b) => a.untilMs - b.untilMs || (a.nonce < b.nonce ? -1 : 1))
  const out: string[] = []
  for (const grant of inOrder.toReversed()) {
    for (const id of grant.ids.toReversed()) {
      const task = held(model, grant.nonce, id)
      if (task !== undefined) out.push(`${crash(model, task, grant.alone, nowMs)} ${id} ${grant.worker}`)
    }
    model.grants.delete(grant.nonce)
  }
  return out
}

function crash(model: Model, task: ModelTask, alone: boolean, nowMs: number): 'cancelled' | 'poison' | 'reaped' {
  const { nonce } = task
  task.nonce = ''
  if (task.isCancelAsked) {
    model.end(task, nowMs, 'cancelled', RESULT_TTL_MS)
    return 'cancelled'
  }
  const counts = model.counts(task)
  counts[0] += 1
  counts[3] += 1
  if (alone) counts[2] += 1
  if (counts[2] >= 3) {
    counts[3] = 0
    model.die(task, nowMs)
    return 'poison'
  }
  model.toFront(task)
  task.reapedBy = nonce
  return 'reaped'
}
