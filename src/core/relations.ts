import { decodeDetail, DETAIL_COMMANDS, detailCommands } from './detail.ts'
import { parseRef } from './depend.ts'
import { refsOf } from './forward.ts'
import { type QueueKeys, queueKeys } from './keys.ts'
import { decodeResult } from './records.ts'
import type { Command, RedisClient } from './redis.ts'
import type { State } from './states.ts'
import type { Json } from './task.ts'

/** A task that another one depends on, or that depends on it. */
export interface Relative {
  readonly id: string
  readonly queue: string
  /** Undefined when it was purged, or nothing is known of it any more. */
  readonly type: string | undefined
  readonly state: State | 'gone'
  /** What it returned, of one that completed. */
  readonly result: Json | undefined
  /** The same as it is stored, where it is encrypted and not opened. */
  readonly sealedResult?: string | undefined
}

export interface Relations {
  readonly parents: readonly Relative[]
  readonly children: readonly Relative[]
}

/** Children shown of one task. */
const CHILDREN_MOST = 1_000

/** While its children need it, its record is kept beyond its time. */
const commandsOf = (keys: QueueKeys, id: string): Command[] => [...detailCommands(keys, id), ['HGET', keys.kept, id]]

function relativeOf(queue: string, id: string, replies: readonly unknown[]): Relative {
  const task = decodeDetail(queue, id, replies.slice(0, DETAIL_COMMANDS))
  if (task !== undefined)
    return { id, queue, type: task.type, state: task.state, result: task.result, sealedResult: task.sealed?.result }
  const keptText = replies[DETAIL_COMMANDS] as string | null
  const record = keptText === null ? undefined : decodeResult(keptText)
  if (record === undefined) return { id, queue, type: undefined, state: 'gone', result: undefined }
  const { type, status: state, result, sealed: sealedResult } = record
  return { id, queue, type, state, result, sealedResult }
}

/** The tasks of these names (`queue/id`), in order. */
async function readRelatives(redis: RedisClient, namespace: string, refs: readonly string[]): Promise<Relative[]> {
  if (refs.length === 0) return []
  const all = refs.map(parseRef)
  const replies = await redis.batch(
    all.flatMap(({ queue, id }) => commandsOf(queueKeys(namespace, queue, 'relations'), id)),
  )
  const size = DETAIL_COMMANDS + 1
  return all.map(({ queue, id }, i) => relativeOf(queue, id, replies.slice(i * size, (i + 1) * size)))
}

/** What a task depends on, in the order in which it was said; empty when it is over and everybody was told. */
export async function readParents(
  redis: RedisClient,
  namespace: string,
  task: { readonly queue: string; readonly id: string },
): Promise<Relative[]> {
  const keys = queueKeys(namespace, task.queue, 'relations')
  return readRelatives(redis, namespace, refsOf((await redis.call('HGET', keys.parents, task.id)) as string | null))
}

/** Both sides of a task; children until they are over. At most 1,000 of each are read. */
export async function readRelations(
  redis: RedisClient,
  namespace: string,
  task: { readonly queue: string; readonly id: string },
): Promise<Relations> {
  const keys = queueKeys(namespace, task.queue, 'relations')
  const [text, random] = (await redis.batch([
    ['HGET', keys.parents, task.id],
    ['SRANDMEMBER', keys.children + task.id, CHILDREN_MOST],
  ])) as [string | null, string[]]
  const [parents, children] = await Promise.all([
    readRelatives(redis, namespace, refsOf(text)),
    readRelatives(redis, namespace, random.toSorted()),
  ])
  return { parents, children }
}
