import { DqError } from '../../../src/core/errors.ts'
import { parseFilter } from '../../../src/core/filter/filter.ts'
import type { OperationInfo, TaskInfo } from '../../../src/core/task.ts'
import type { ConsoleChanges, ConsoleOperations, ConsoleReads, ConsoleSource } from '../../../src/tui/source/source.ts'
import { NOON, operationInfo, seriesOf } from './infos.ts'
import { groupsOf } from './groups.ts'
import type { World } from './world.ts'

const settle = (world: World, name: string): void => {
  const count = world.dead.filter(({ queue }) => queue === name).length
  const trash = world.trash.filter(({ queue }) => queue === name).length
  world.queues = world.queues.map((queue) => (queue.name === name ? { ...queue, dead: count, trash } : queue))
}

/** Operations as Redis keeps them: a step takes what matches of a hundred dead tasks. */
function operationsOf(world: World, nowMs: () => number): ConsoleOperations {
  const at = (id: string): number => world.operations.findIndex((one) => one.id === id)
  const put = (id: string, change: Partial<OperationInfo>): void => {
    world.operations[at(id)] = { ...world.operations[at(id)]!, ...change, updatedAtMs: nowMs() }
  }
  return {
    running: async (queues) =>
      queues.filter((queue) => world.operations.some((one) => one.queue === queue && one.state === 'running')),
    list: async (queue) => world.operations.filter((one) => one.queue === queue),
    find: async (_queue, id) => world.operations[at(id)],
    begin: async (queue, { kind, filter = '', ratePerSecond }, beforeMs) => {
      world.calls.push(['begin', queue, kind, filter, ratePerSecond])
      const total = world.dead.filter((task) => task.queue === queue).length
      const info = operationInfo({ queue, kind, filter, ratePerSecond, total, createdAtMs: beforeMs })
      world.operations.push({ ...info, id: `op${world.operations.length}` })
      return world.operations.at(-1)!
    },
    step: async (queue, id) => {
      const { state, kind, filter, done, createdAtMs } = world.operations[at(id)]!
      if (state !== 'running') return { state, waitMs: undefined }
      const { matches } = parseFilter(filter)
      const meant = world.dead.filter(
        (task) => task.queue === queue && (task.finishedAtMs ?? 0) < createdAtMs && matches(task, createdAtMs),
      )
      const taken = meant.slice(0, 100)
      world.dead = world.dead.filter((task) => !taken.includes(task))
      if (kind === 'purge') world.trash.push(...taken)
      settle(world, queue)
      const isOver = taken.length === meant.length
      const next = isOver ? 'done' : 'running'
      put(id, { done: done + taken.length, scanned: done + taken.length, state: next })
      return { state: next, waitMs: isOver ? undefined : 0 }
    },
    steer: async (queue, id, action) => {
      world.calls.push([action, queue, id])
      const to = { pause: 'paused', resume: 'running', cancel: 'cancelled' } as const
      const { state } = world.operations[at(id)]!
      if (state === 'running' || state === 'paused') put(id, { state: to[action] })
      return world.operations[at(id)]!.state
    },
  }
}

function readsOf(world: World, nowMs: () => number): ConsoleReads {
  const answer = async <T>(name: keyof ConsoleReads, value: () => T): Promise<T> => {
    await Promise.resolve()
    if (world.failure !== undefined) throw world.failure
    if (world.refused.has(name)) throw new DqError('credentials', `NOPERM no permissions to run '${name}'`)
    return value()
  }
  return {
    snapshot: () => answer('snapshot', () => world.queues.map((queue) => ({ ...queue, atMs: nowMs() }))),
    series: (queue) =>
      answer('series', () => ({
        seconds: seriesOf(
          queue === 'low' ? 12 : queue === 'high' ? 500 : 290,
          queue === 'high' && world.dead.length > 0 ? 600 : 0,
        ),
      })),
    leases: ({ limit, queues }) =>
      answer('leases', () => world.leases.filter(({ queue }) => queues?.includes(queue) ?? true).slice(0, limit)),
    tasks: (queue, state, { cursor, limit }) =>
      answer('tasks', () => {
        const all = world.others.filter((task) => task.queue === queue && task.state === state)
        const from = Number(cursor ?? 0)
        return {
          items: all.slice(from, from + limit),
          cursor: from + limit < all.length ? String(from + limit) : undefined,
        }
      }),
    audit: ({ limit }) => answer('audit', () => world.audit.slice(0, limit)),
    deadPage: (queue, { cursor, limit, beforeMs = Number.POSITIVE_INFINITY }) =>
      answer('deadPage', () => {
        const all = world.dead.filter((task) => task.queue === queue)
        const from = Number(cursor ?? 0)
        const page = all.slice(from, from + limit)
        const items = page.filter(({ finishedAtMs }) => (finishedAtMs ?? 0) < beforeMs)
        return { items, scanned: page.length, cursor: from + limit < all.length ? String(from + limit) : undefined }
      }),
    deadGroups: (queues) => answer('deadGroups', () => groupsOf(world, queues)),
    workers: () => answer('workers', () => world.workers),
    schedules: () => answer('schedules', () => world.schedules),
    schedule: (name) =>
      answer('schedule', () => {
        const schedule = world.schedules.find((one) => one.name === name)
        return schedule && { ...schedule, runs: world.runs.get(name) ?? [] }
      }),
    redisInfo: () =>
      answer('redisInfo', () => ({
        version: '7.2.5',
        usedMemoryBytes: 1,
        maxMemoryBytes: 0,
        evictedKeys: 0,
        connectedClients: 1,
        evictionPolicy: 'noeviction',
        latencyMs: 1,
        clockSkewMs: 0,
      })),
    relations: () => answer('relations', () => world.relations ?? { parents: [], children: [] }),
    explain: (id, queue) => answer('explain', () => ({ id, queue, state: 'pending', reasons: world.reasons })),
    objectives: () => answer('objectives', () => world.objectives),
    task: (id, queue) =>
      answer('task', () => [...world.dead, ...world.others].find((task) => task.id === id && task.queue === queue)),
  }
}

function changesOf(world: World): ConsoleChanges {
  const pauseTo = (queue: string, on: boolean): void => {
    const paused = on ? { by: 'me', atMs: NOON } : undefined
    world.queues = world.queues.map((info) => (info.name === queue ? { ...info, paused } : info))
  }
  const take = (queue: string, ids: readonly string[]): TaskInfo[] => {
    const taken = world.dead.filter((task) => task.queue === queue && ids.includes(task.id))
    world.dead = world.dead.filter((task) => !taken.includes(task))
    return taken
  }
  const skippedOf = (ids: readonly string[], taken: readonly TaskInfo[]): string[] =>
    ids.filter((id) => !taken.some((task) => task.id === id))
  return {
    pause: async (queue) => {
      world.calls.push(['pause', queue])
      pauseTo(queue, true)
      return 'paused'
    },
    resume: async (queue) => {
      world.calls.push(['resume', queue])
      pauseTo(queue, false)
      return 'resumed'
    },
    replay: async (queue, ids) => {
      world.calls.push(['replay', queue, ids])
      const taken = take(queue, ids)
      settle(world, queue)
      return { replayed: taken.map(({ id }) => id), duplicates: [], skipped: skippedOf(ids, taken) }
    },
    purge: async (queue, ids) => {
      world.calls.push(['purge', queue, ids])
      const taken = take(queue, ids)
      world.trash.push(...taken)
      settle(world, queue)
      return { purged: taken.map(({ id }) => id), skipped: skippedOf(ids, taken) }
    },
    undo: async (queue, selection) => {
      world.calls.push(['undo', queue, selection])
      const restored = world.trash.splice(0)
      world.dead = [...restored, ...world.dead]
      settle(world, queue)
      return { restored: restored.map(({ id }) => id), skipped: [] }
    },
    cancel: async (queue, ids) => {
      world.calls.push(['cancel', queue, ids])
      const found = world.others.filter((task) => task.queue === queue && ids.includes(task.id))
      world.others = world.others.filter((task) => !found.includes(task) || task.state === 'active')
      return ids.map((id) => {
        const task = found.find((one) => one.id === id)
        return task === undefined ? 'not_found' : task.state === 'active' ? 'requested' : 'cancelled'
      })
    },
    hasten: async (queue, ids) => {
      world.calls.push(['hasten', queue, ids])
      const waits = ({ state }: TaskInfo): boolean => state === 'scheduled' || state === 'retrying'
      const found = world.others.filter((task) => task.queue === queue && ids.includes(task.id) && waits(task))
      world.others = world.others.map((task) => (found.includes(task) ? { ...task, state: 'pending' } : task))
      return ids.map((id) => (found.some((task) => task.id === id) ? 'hastened' : 'not_waiting'))
    },
    editable: async (queue, id) => {
      const task = world.dead.find((one) => one.queue === queue && one.id === id)
      const payloadJson = JSON.stringify(task?.payload)
      return task && { type: task.type, payloadJson, envelope: `d|${task.type}\n\n${payloadJson}` }
    },
    replayEdited: async (queue, id, shown, payloadJson) => {
      world.calls.push(['replayEdited', queue, id, shown.payloadJson, payloadJson])
      const taken = take(queue, [id])
      settle(world, queue)
      return { word: taken.length === 1 ? 'replayed' : 'not_dead', owner: undefined }
    },
    enqueue: async (type, payload, options) => {
      world.calls.push(['enqueue', type, payload, options])
      return { id: 'NEW1' }
    },
    enableSchedule: async (name, enabled) => {
      world.calls.push([enabled ? 'enable' : 'disable', name])
      world.schedules = world.schedules.map((one) => (one.name === name ? { ...one, enabled } : one))
      return world.schedules.find((one) => one.name === name)
    },
    triggerSchedule: async (name) => {
      world.calls.push(['trigger', name])
      return { outcome: 'fired', id: `${name}:t${NOON}` }
    },
    quiet: async (worker, on) => {
      world.calls.push(['quiet', worker, on])
      world.workers = world.workers.map((info) => (info.id === worker ? { ...info, quiet: on } : info))
      return true
    },
  }
}

/** A source that gives what the world holds. `up` reports a connection that has come back. */
export function sourceOf(world: World, nowMs: () => number): ConsoleSource & { up(): void } {
  let onUp = (): void => {}
  return {
    address: 'prod-eu:6379',
    namespace: 'dq',
    reads: readsOf(world, nowMs),
    changes: changesOf(world),
    operations: operationsOf(world, nowMs),
    because: (reason) => {
      world.calls.push(['because', reason])
      return { changes: changesOf(world), operations: operationsOf(world, nowMs) }
    },
    ready: async () => {
      if (world.failure !== undefined) throw world.failure
    },
    onUp: (listener) => {
      onUp = listener
    },
    up: () => onUp(),
    close: async () => {},
  }
}
