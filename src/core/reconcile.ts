import { chunks } from './calls.ts'
import { parseRef } from './depend.ts'
import type { Notice, Relation } from './flow-calls.ts'
import { type ForwardContext, refsOf, relateAndTell } from './forward.ts'
import { queueKeys } from './keys.ts'
import type { Command, RedisClient } from './redis.ts'
import type { Strangers } from './strangers.ts'

/** A parent or child that nobody knows may still be on its way, while a large flow is enqueued; after this it is not. */
export const ORPHAN_MS = 600_000
/** Tasks of one look; each may have a thousand parents. */
const PAGE = 20
/** Of one parent and look. */
const CHILDREN = 100
const COMMANDS_PER_BATCH = 1_000
/** A task with more parents is counted again in a call of its own. */
const PARENTS_FEW = 100

/** One look: where the next one begins, `0` at the end, and how many tasks and edges it was at. */
export interface Look {
  readonly next: string
  readonly looked: number
}

interface Blocked {
  readonly id: string
  readonly sinceMs: number
  /** As `queue/id`, those that are still open. */
  readonly open: readonly string[]
  readonly counted: number
  readonly parents: number
}

async function inBatches(redis: RedisClient, commands: readonly Command[]): Promise<unknown[]> {
  const replies: unknown[][] = []
  for (const part of chunks(commands, undefined, COMMANDS_PER_BATCH)) replies.push(await redis.batch(part))
  return replies.flat()
}

async function readBlocked(context: ForwardContext, queue: string, cursor: string): Promise<[string, Blocked[]]> {
  const { redis, namespace } = context
  const keys = queueKeys(namespace, queue, 'reconciler')
  const [next, flat] = (await redis.call('ZSCAN', keys.blocked, cursor, 'COUNT', PAGE)) as [string, string[]]
  const rows = flat.flatMap((id, i) => (i % 2 === 0 ? [{ id, sinceMs: Number(flat[i + 1]) }] : []))
  if (rows.length === 0) return [next, []]
  const texts = (await redis.call('HMGET', keys.parents, ...rows.map(({ id }) => id))) as (string | null)[]
  const refs = texts.map(refsOf)
  const values = (await redis.batch(
    rows.map(({ id }, i) => ['HMGET', keys.edges, id, ...refs[i]!.map((ref) => `${id} ${ref}`)]),
  )) as (string | null)[][]
  return [
    next,
    rows.map((row, i) => {
      const [counted, ...edges] = values[i]!
      return {
        ...row,
        open: refs[i]!.filter((_, n) => edges[n] !== null),
        counted: Number(counted ?? 0),
        parents: edges.length,
      }
    }),
  ]
}

/**
 * Looks at the parents of a page of blocked tasks, and tells those whose parents are over and who were not told: of what a
 * forwarder brought nobody is told twice.
 * @param nowMs by Redis's clock.
 */
export async function reconcilePage(
  context: ForwardContext,
  queue: string,
  cursor: string,
  nowMs: number,
): Promise<Look> {
  const [next, blocked] = await readBlocked(context, queue, cursor)
  await recount(context, queue, blocked)
  const old = new Set<string>()
  const byQueue = new Map<string, Relation[]>()
  for (const { id, sinceMs, open } of blocked) {
    const child = `${queue}/${id}`
    if (sinceMs < nowMs - ORPHAN_MS) old.add(child)
    for (const ref of open) {
      const parent = parseRef(ref)
      const relation: Relation = { sign: '+', parent: parent.id, child }
      const list = byQueue.get(parent.queue)
      if (list === undefined) byQueue.set(parent.queue, [relation])
      else list.push(relation)
    }
  }
  for (const [parentQueue, relations] of byQueue)
    await relateAndTell(context, parentQueue, relations, ({ child }) => (old.has(child) ? 'gone' : undefined))
  return { next, looked: blocked.reduce((sum, { parents }) => sum + 1 + parents, 0) }
}

async function recount({ calls }: ForwardContext, queue: string, blocked: readonly Blocked[]): Promise<void> {
  const miscounted = blocked.filter(({ open, counted }) => open.length === 0 || open.length !== counted)
  const noticeOf = ({ id }: Blocked): Notice => ({ parent: '', outcome: 'recount', mark: '0', id })
  const few = miscounted.filter(({ parents }) => parents <= PARENTS_FEW)
  await calls.unblock(queue, few.map(noticeOf))
  for (const one of miscounted) if (one.parents > PARENTS_FEW) await calls.unblock(queue, [noticeOf(one)])
}

/**
 * Looks at the children that a page of parents is kept for, and forgets those that are no more: their last word may have
 * been overtaken by a question that was asked again. One that is on its way is a stranger for a while, too.
 * @param strangers of looks before: only who was one long ago, too, is forgotten.
 */
export async function forgetStrangers(
  context: ForwardContext,
  queue: string,
  cursor: string,
  nowMs: number,
  strangers: Strangers,
): Promise<Look> {
  const { redis, namespace, calls } = context
  const keys = queueKeys(namespace, queue, 'reconciler')
  const [next, flat] = (await redis.call('HSCAN', keys.dependants, cursor, 'COUNT', PAGE)) as [string, string[]]
  const parents = flat.filter((_, i) => i % 2 === 0)
  if (parents.length === 0) return { next, looked: 0 }
  const sets = (await redis.batch(parents.map((id) => ['SRANDMEMBER', keys.children + id, CHILDREN]))) as string[][]
  const relations = sets.flatMap((children, i) =>
    children.map((child): Relation => ({ sign: '-', parent: parents[i]!, child })),
  )
  const there = (await inBatches(
    redis,
    relations.flatMap(({ child }) => {
      const { queue: of, id } = parseRef(child)
      const others = queueKeys(namespace, of, 'reconciler')
      return [
        ['HEXISTS', others.tasks, id],
        ['HEXISTS', others.outbox, id],
      ] as const
    }),
  )) as number[]
  const known = relations.filter((_, i) => there[2 * i] !== 0 || there[2 * i + 1] !== 0)
  const strange = relations.filter((_, i) => there[2 * i] === 0 && there[2 * i + 1] === 0)
  await calls.relate(queue, strangers.look(queue, nowMs, strange, known))
  return { next, looked: parents.length + relations.length }
}
