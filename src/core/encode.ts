import { chunks } from './calls.ts'
import { PRIORITY_LETTER } from './priority.ts'
import type { CompleteGroup, FailItem, NewTask } from './verbs.ts'

/** Tasks that the script reads together: of one priority, type, time and kind. */
interface ItemGroup {
  readonly like: NewTask
  /** Where each task stood among all. */
  readonly at: number[]
  readonly flat: (string | number)[]
}

const isKeyed = (task: NewTask): boolean => task.idempotencySha !== undefined
const isOwn = (task: NewTask): boolean => task.contentHash !== undefined

const isAlike = (a: NewTask, b: NewTask): boolean =>
  a.type === b.type &&
  a.priority === b.priority &&
  a.when === b.when &&
  isKeyed(a) === isKeyed(b) &&
  isOwn(a) === isOwn(b) &&
  a.unique === b.unique &&
  // What the one becomes decides what the next one meets.
  a.unique !== 'replace'

const UNIQUE_FLAG = { drop: 'u', replace: 'U' } as const

const flagsOf = (task: NewTask): string =>
  `${isKeyed(task) ? 'i' : ''}${isOwn(task) ? 'h' : ''}${task.unique === undefined ? '' : UNIQUE_FLAG[task.unique]}` ||
  '-'

function groupItems(tasks: readonly NewTask[]): ItemGroup[] {
  const groups: ItemGroup[] = []
  let group: ItemGroup | undefined
  for (const [at, task] of tasks.entries()) {
    if (group === undefined || !isAlike(group.like, task)) {
      group = groups.find(({ like }) => isAlike(like, task))
      if (group === undefined) groups.push((group = { like: task, at: [], flat: [] }))
    }
    group.at.push(at)
    group.flat.push(task.id, task.envelope)
    if (task.when !== 'now') group.flat.push(Math.round(task.timeMs))
    if (task.idempotencySha !== undefined) group.flat.push(task.idempotencySha)
    if (task.contentHash !== undefined) group.flat.push(task.contentHash)
  }
  return groups
}

/** The items of `enqueue.lua`; `order[i]` is where the i-th encoded task stood. */
export function encodeItems(tasks: readonly NewTask[]): { items: (string | number)[]; order: number[] } {
  const items: (string | number)[] = []
  const order: number[] = []
  for (const { like, at, flat } of groupItems(tasks)) {
    const flags = flagsOf(like)
    items.push(PRIORITY_LETTER[like.priority], like.type, like.when, flags, at.length)
    for (const value of flat) items.push(value)
    for (const index of at) order.push(index)
  }
  return { items, order }
}

export const encodeFailure = (item: FailItem): (string | number)[] => [
  item.nonce,
  item.id,
  item.type,
  item.verdict,
  Math.round(item.delayMs),
  item.line,
  item.extras,
]

export function encodeGroup(group: CompleteGroup): (string | number)[] {
  const recorded = group.resultTtlMs > 0 && group.items.every((item) => item.record !== undefined)
  const extended = group.items.some((item) => item.extras !== '')
  const flags = `${recorded ? 'r' : ''}${extended ? 'x' : ''}${group.hasRecord ? 'f' : ''}` || '-'
  const flat: (string | number)[] = [group.nonce, group.type, flags, Math.round(group.resultTtlMs), group.items.length]
  for (const item of group.items) {
    flat.push(item.id)
    if (recorded) flat.push(item.record ?? '')
    if (extended) flat.push(item.extras)
  }
  return flat
}

/**
 * Parts of at most 500 ids and 1 MiB of records, in order; a group may continue in the next part, and is cut where tasks
 * with a record meet tasks without.
 */
export function splitGroups<G extends CompleteGroup>(groups: readonly G[]): G[][] {
  const flat = groups.flatMap((group) => group.items.map((item) => ({ group, item })))
  return chunks(flat, ({ item }) => (item.record === undefined ? 0 : Buffer.byteLength(item.record))).map((part) => {
    const rebuilt: { group: G; items: G['items'][number][] }[] = []
    for (const { group, item } of part) {
      const last = rebuilt.at(-1)
      const isSame = last?.group === group && (last.items[0]!.record === undefined) === (item.record === undefined)
      if (isSame) last.items.push(item)
      else rebuilt.push({ group, items: [item] })
    }
    return rebuilt.map(({ group, items }) => ({ ...group, items }))
  })
}
