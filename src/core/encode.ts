import { chunks } from './calls.ts'
import { PRIORITY_LETTER } from './priority.ts'
import type { CompleteGroup, NewTask } from './verbs.ts'

/** Groups by what the script reads once per group; `order[i]` is where the i-th encoded task stood. */
export function encodeItems(tasks: readonly NewTask[]): { items: (string | number)[]; order: number[] } {
  const groups = new Map<string, { head: string[]; at: number[]; flat: (string | number)[] }>()
  tasks.forEach((task, at) => {
    const flags = `${task.idempotencySha === undefined ? '' : 'i'}${task.contentHash === undefined ? '' : 'h'}` || '-'
    const head = [PRIORITY_LETTER[task.priority], task.type, task.when, flags]
    const key = head.join('|')
    let group = groups.get(key)
    if (group === undefined) groups.set(key, (group = { head, at: [], flat: [] }))
    group.at.push(at)
    group.flat.push(task.id, task.envelope)
    if (task.when !== 'now') group.flat.push(Math.round(task.timeMs))
    if (task.idempotencySha !== undefined) group.flat.push(task.idempotencySha)
    if (task.contentHash !== undefined) group.flat.push(task.contentHash)
  })
  const items: (string | number)[] = []
  const order: number[] = []
  for (const { head, at, flat } of groups.values()) {
    items.push(...head, at.length)
    for (const value of flat) items.push(value)
    for (const index of at) order.push(index)
  }
  return { items, order }
}

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

/** Parts of at most 500 ids and 1 MiB of records, in order; a group may continue in the next part. */
export function splitGroups(groups: readonly CompleteGroup[]): CompleteGroup[][] {
  const flat = groups.flatMap((group) => group.items.map((item) => ({ group, item })))
  return chunks(flat, ({ item }) => item.record?.length ?? 0).map((part) => {
    const rebuilt: { group: CompleteGroup; items: CompleteGroup['items'][number][] }[] = []
    for (const { group, item } of part) {
      const last = rebuilt.at(-1)
      if (last?.group === group) last.items.push(item)
      else rebuilt.push({ group, items: [item] })
    }
    return rebuilt.map(({ group, items }) => ({ ...group, items }))
  })
}
