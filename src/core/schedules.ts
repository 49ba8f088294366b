import type { GlobalKeys } from './keys.ts'
import { isPriority } from './priority.ts'
import type { RedisClient } from './redis.ts'
import type { ScheduleInfo } from './task.ts'

/** What a schedule is; when it fires next is the cursor in its queue. `createdAtMs` is the anchor of `@every`. */
export type ScheduleDefinition = Omit<ScheduleInfo, 'nextRunAtMs'>

export const encodeSchedule = (schedule: ScheduleDefinition): string => JSON.stringify(schedule)

/** @returns undefined for foreign content. */
export function decodeSchedule(name: string, text: string): ScheduleDefinition | undefined {
  try {
    const json = JSON.parse(text) as Partial<ScheduleDefinition>
    if (typeof json.spec !== 'string' || typeof json.type !== 'string' || typeof json.queue !== 'string')
      return undefined
    return {
      name,
      spec: json.spec,
      timeZone: json.timeZone ?? 'UTC',
      type: json.type,
      queue: json.queue,
      priority: isPriority(json.priority) ? json.priority : 'default',
      payload: json.payload ?? null,
      createdAtMs: json.createdAtMs ?? 0,
    }
  } catch {
    // Not JSON: nothing of ours.
    return undefined
  }
}

/** Definitions by name. */
export async function readDefinitions(redis: RedisClient, global: GlobalKeys): Promise<ScheduleDefinition[]> {
  const flat = (await redis.call('HGETALL', global.schedules)) as string[]
  const definitions = flat.flatMap((name, i) => (i % 2 === 0 ? (decodeSchedule(name, flat[i + 1] ?? '') ?? []) : []))
  return definitions.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

export async function readSchedules(
  redis: RedisClient,
  global: GlobalKeys,
  cursorsOf: (queue: string) => string,
): Promise<ScheduleInfo[]> {
  const definitions = await readDefinitions(redis, global)
  const slots = await redis.batch(definitions.map(({ queue, name }) => ['ZSCORE', cursorsOf(queue), name] as const))
  return definitions.map((definition, i) => ({
    ...definition,
    nextRunAtMs: slots[i] === null ? undefined : Number(slots[i]),
  }))
}
