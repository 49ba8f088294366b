import type { DeadGroup } from '../../../src/core/task.ts'
import type { World } from './world.ts'

/** By the group that each says it is of. */
export function groupsOf({ dead }: World, queues?: readonly string[]): DeadGroup[] {
  const meant = dead.filter(({ queue }) => queues?.includes(queue) ?? true)
  return [...Map.groupBy(meant, ({ queue, error }) => `${queue} ${error!.group}`).values()].map((same) => {
    const [{ queue, type, error }, times] = [same[0]!, same.map(({ finishedAtMs }) => finishedAtMs ?? 0)]
    return {
      queue,
      group: error!.group!,
      count: same.length,
      firstAtMs: Math.min(...times),
      lastAtMs: Math.max(...times),
      trend: [0, 0, 1, 40, 600, same.length],
      type,
      reason: error!.reason,
      message: error!.message,
    }
  })
}
