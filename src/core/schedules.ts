import { createHash } from 'node:crypto'
import { hidden } from './encryption/sealed.ts'
import type { GlobalKeys, QueueKeys } from './keys.ts'
import { isPriority } from './priority.ts'
import type { RedisClient } from './redis.ts'
import { redisNowMs } from './redis-clock.ts'
import { slotsOf } from './schedule.ts'
import { decodeRuns, type Runs, withStates } from './schedule-runs.ts'
import type { MissedPolicy, OverlapPolicy, ScheduleInfo, ScheduleRun } from './task.ts'

/** What a schedule is; where it is, and what it did, its queue knows. `createdAtMs` is the anchor of `@every`. */
export interface ScheduleDefinition extends Omit<ScheduleInfo, 'nextRunAtMs' | 'waits' | 'lastRun'> {
  /** The queue it was in before, which may still know where it was. */
  readonly from?: string | undefined
}

export const MISSED: readonly MissedPolicy[] = ['once', 'skip', 'all']
export const OVERLAP: readonly OverlapPolicy[] = ['allow', 'skip', 'queue']

/** In one order, so that two that say the same are the same text. */
export const encodeSchedule = ({ sealed, ...schedule }: ScheduleDefinition): string =>
  JSON.stringify({ ...schedule, payload: sealed === undefined ? schedule.payload : undefined, sealed })

const sha = (values: readonly unknown[]): string =>
  createHash('sha1').update(JSON.stringify(values)).digest('hex').slice(0, 10)

/** A change of this sets the next run anew. */
const rhythmOf = ({ spec, timeZone, createdAtMs, startMs, endMs, enabled }: ScheduleDefinition): string =>
  sha([spec.trim(), timeZone, createdAtMs, startMs, endMs, enabled])

/** Names the content of a definition, so that a scheduler that knows an older one is told apart. */
export const revisionOf = (schedule: ScheduleDefinition): string => {
  const { type, payload, sealed = payload, priority, missed, overlap, jitterMs } = schedule
  return `${rhythmOf(schedule)}.${sha([type, sealed, priority, missed, overlap, jitterMs])}`
}

/** Whether two revisions have the same slots. */
export const haveSameSlots = (a: string, b: string): boolean => a.split('.')[0] === b.split('.')[0]

const timeIn = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)

/** @returns undefined for foreign content. */
export function decodeSchedule(name: string, text: string): ScheduleDefinition | undefined {
  try {
    const json = JSON.parse(text) as Partial<ScheduleDefinition>
    const sealed = typeof json.sealed === 'string' ? json.sealed : undefined
    if (typeof json.spec !== 'string' || typeof json.type !== 'string' || typeof json.queue !== 'string')
      return undefined
    return {
      name,
      spec: json.spec,
      timeZone: json.timeZone ?? 'UTC',
      type: json.type,
      queue: json.queue,
      priority: isPriority(json.priority) ? json.priority : 'default',
      payload: sealed === undefined ? (json.payload ?? null) : hidden(sealed),
      sealed,
      createdAtMs: json.createdAtMs ?? 0,
      startMs: timeIn(json.startMs),
      endMs: timeIn(json.endMs),
      enabled: json.enabled !== false,
      missed: MISSED.find((one) => one === json.missed) ?? 'once',
      overlap: OVERLAP.find((one) => one === json.overlap) ?? 'allow',
      jitterMs: timeIn(json.jitterMs) ?? 0,
      source: typeof json.source === 'string' ? json.source : undefined,
      from: typeof json.from === 'string' ? json.from : undefined,
    }
  } catch {
    // Not JSON: nothing of ours.
    return undefined
  }
}

export async function readDefinition(
  redis: RedisClient,
  global: GlobalKeys,
  name: string,
): Promise<ScheduleDefinition | undefined> {
  const text = (await redis.call('HGET', global.schedules, name)) as string | null
  return text === null ? undefined : decodeSchedule(name, text)
}

/** Definitions by name. */
export async function readDefinitions(redis: RedisClient, global: GlobalKeys): Promise<ScheduleDefinition[]> {
  const flat = (await redis.call('HGETALL', global.schedules)) as string[]
  const definitions = flat.flatMap((name, i) => (i % 2 === 0 ? (decodeSchedule(name, flat[i + 1] ?? '') ?? []) : []))
  return definitions.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** Where a schedule is in its queue. */
export interface Place {
  readonly cursor: string | null
  readonly runs: Runs
}

/** Whether its next slot lies behind the one that comes next: its clock once leapt ahead. What waits tells no slot. */
export function isTooLate(schedule: ScheduleDefinition, { cursor, runs }: Place, nowMs: number): boolean {
  if (!schedule.enabled || cursor === null || runs.waiting !== '' || Number(cursor) <= nowMs) return false
  const nextMs = slotsOf(schedule)(nowMs)
  return nextMs === undefined || Number(cursor) > nextMs
}

async function readPlaces(
  redis: RedisClient,
  definitions: readonly Pick<ScheduleDefinition, 'name' | 'queue'>[],
  keysOf: (queue: string) => QueueKeys,
): Promise<Place[]> {
  if (definitions.length === 0) return []
  const replies = (await redis.batch(
    definitions.flatMap(({ queue, name }) => [
      ['ZSCORE', keysOf(queue).cursors, name] as const,
      ['HGET', keysOf(queue).runs, name] as const,
    ]),
  )) as (string | null)[]
  return definitions.map((_, i) => ({ cursor: replies[2 * i]!, runs: decodeRuns(replies[2 * i + 1]) }))
}

function infoOf(definition: ScheduleDefinition, { cursor, runs }: Place, lastRun: ScheduleRun | undefined) {
  const { from: _, ...schedule } = definition
  const waits = runs.waiting !== ''
  const waitingMs = Number(runs.waiting.replace('t', ''))
  return {
    ...schedule,
    nextRunAtMs: cursor === null ? undefined : waits ? waitingMs : Number(cursor),
    waits,
    lastRun,
  }
}

/** All schedules by name, each with its newest run. */
export async function readSchedules(
  redis: RedisClient,
  global: GlobalKeys,
  keysOf: (queue: string) => QueueKeys,
): Promise<ScheduleInfo[]> {
  const definitions = await readDefinitions(redis, global)
  const places = await readPlaces(redis, definitions, keysOf)
  const last = await withStates(
    redis,
    keysOf,
    definitions.map((definition, i) => ({ ...definition, runs: places[i]!.runs.newest })),
  )
  return definitions.map((definition, i) => infoOf(definition, places[i]!, last[i]![0]))
}

/** Schedules whose present definition may not be in force in their queues. */
export async function readUnsettled(
  redis: RedisClient,
  global: GlobalKeys,
  keysOf: (queue: string) => QueueKeys,
): Promise<ScheduleDefinition[]> {
  const definitions = await readDefinitions(redis, global)
  if (definitions.length === 0) return []
  const places = await readPlaces(redis, definitions, keysOf)
  const origins = definitions.filter(({ from, queue }) => from !== undefined && from !== queue)
  const left = await readPlaces(
    redis,
    origins.map(({ name, from }) => ({ name, queue: from! })),
    keysOf,
  )
  const leavers = new Set(origins.filter((_, i) => isKnown(left[i]!)).map(({ name }) => name))
  // Read after the cursors: none that goes on as it should lies behind the slot after it.
  const nowMs = await redisNowMs(redis)
  return definitions.filter(
    (definition, i) => !isSettled(definition, places[i]!, nowMs) || leavers.has(definition.name),
  )
}

const isKnown = ({ cursor, runs }: Place): boolean => cursor !== null || runs.revision !== ''

function isSettled(definition: ScheduleDefinition, place: Place, nowMs: number): boolean {
  if (place.runs.revision !== revisionOf(definition) || (definition.enabled && place.cursor === null)) return false
  try {
    return !isTooLate(definition, place, nowMs)
  } catch {
    // Its slots cannot be told: that is said when its time comes.
    return true
  }
}

/** One schedule and its history, newest first; undefined when there is none of that name. */
export async function readSchedule(
  redis: RedisClient,
  global: GlobalKeys,
  keysOf: (queue: string) => QueueKeys,
  name: string,
): Promise<(ScheduleInfo & { readonly runs: readonly ScheduleRun[] }) | undefined> {
  const definition = await readDefinition(redis, global, name)
  if (definition === undefined) return undefined
  const [place] = await readPlaces(redis, [definition], keysOf)
  const [runs = []] = await withStates(redis, keysOf, [{ ...definition, runs: place!.runs.lines }])
  const lastRun = runs.find(({ id }) => id !== undefined)
  return { ...infoOf(definition, place!, lastRun), runs }
}
