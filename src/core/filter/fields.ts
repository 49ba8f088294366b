import { keyIdOf } from '../encryption/sealed.ts'
import type { Json, TaskInfo } from '../task.ts'

/** A field that is compared as text; undefined where a task has none. */
type TextField = (task: TaskInfo) => string | undefined
/** A field that is compared as a number: ms for durations. */
type NumberField = {
  readonly kind: 'number' | 'duration'
  readonly of: (task: TaskInfo, nowMs: number) => number | undefined
}

export const TEXT_FIELDS: Readonly<Record<string, TextField>> = {
  id: ({ id }) => id,
  type: ({ type }) => type,
  queue: ({ queue }) => queue,
  priority: ({ priority }) => priority,
  state: ({ state }) => state,
  worker: ({ worker, error }) => worker ?? error?.worker,
  reason: ({ error }) => error?.reason,
  err: ({ error }) => error?.message,
  group: ({ error }) => error?.group,
  key: ({ sealed }) => sealed?.payload && keyIdOf(sealed.payload),
}

/** From when a task is where it is: its death, its start, its due time, else when it came. */
const sinceMs = (task: TaskInfo): number | undefined =>
  task.finishedAtMs ?? task.startedAtMs ?? task.runAtMs ?? task.createdAtMs

export const NUMBER_FIELDS: Readonly<Record<string, NumberField>> = {
  attempts: { kind: 'number', of: ({ attempt }) => attempt },
  bytes: { kind: 'number', of: ({ payloadBytes }) => payloadBytes },
  age: {
    kind: 'duration',
    of: (task, nowMs) => {
      const since = sinceMs(task)
      return since === undefined ? undefined : nowMs - since
    },
  },
}

/** What a word without a field is looked for in. */
export const BARE_FIELDS: readonly string[] = ['id', 'type', 'queue', 'worker', 'err']

export const PAYLOAD = 'payload.'
export const FIELD_NAMES: readonly string[] = [...Object.keys(TEXT_FIELDS), ...Object.keys(NUMBER_FIELDS)]

/** What a payload says at `user.id` or `items.0.sku`, as text. */
export function payloadAt(payload: Json | undefined, path: readonly string[]): string | undefined {
  let value: Json | undefined = payload
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Readonly<Record<string, Json | undefined>>)[key]
  }
  if (value === undefined) return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}
