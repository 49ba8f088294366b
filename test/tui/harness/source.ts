import { DqError } from '../../../src/core/errors.ts'
import type { TaskInfo } from '../../../src/core/task.ts'
import type { ConsoleChanges, ConsoleReads, ConsoleSource } from '../../../src/tui/source/source.ts'
import { NOON, seriesOf } from './infos.ts'
import type { World } from './world.ts'

const settle = (world: World, name: string): void => {
  const count = world.dead.filter(({ queue }) => queue === name).length
  const trash = world.trash.filter(({ queue }) => queue === name).length
  world.queues = world.queues.map((queue) => (queue.name === name ? { ...queue, dead: count, trash } : queue))
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
    leases: ({ limit }) => answer('leases', () => world.leases.slice(0, limit)),
    deadPage: (queue, { cursor, limit, beforeMs = Number.POSITIVE_INFINITY }) =>
      answer('deadPage', () => {
        const all = world.dead.filter((task) => task.queue === queue)
        const from = Number(cursor ?? 0)
        const page = all.slice(from, from + limit)
        const items = page.filter(({ finishedAtMs }) => (finishedAtMs ?? 0) < beforeMs)
        return { items, scanned: page.length, cursor: from + limit < all.length ? String(from + limit) : undefined }
      }),
    workers: () => answer('workers', () => world.workers),
    schedules: () => answer('schedules', () => world.schedules),
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
