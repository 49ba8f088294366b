import { decodeEnvelope } from '../envelope.ts'
import type { Inspector } from '../inspector.ts'
import type { QueueKeys } from '../keys.ts'
import { limitPlace } from '../limit-place.ts'
import { decodeCounts } from '../records.ts'
import type { RedisClient } from '../redis.ts'
import type { TaskInfo } from '../task.ts'
import { openParents } from './blocked.ts'
import { CAUSES } from './causes.ts'
import { atTime, type Explanation, type Facts, type HeldKey } from './facts.ts'
import { placeInLine } from './line.ts'

export interface ExplainContext {
  readonly redis: RedisClient
  readonly inspector: Pick<Inspector, 'task' | 'snapshot' | 'scale' | 'workers' | 'queueNames'>
  readonly keysOf: (queue: string) => QueueKeys
}

/** The keys that the header of a task names, and who holds them. */
async function readKeys(redis: RedisClient, keys: QueueKeys, envelope: string | null): Promise<HeldKey[]> {
  const { extras } = decodeEnvelope(envelope ?? '')
  const shaOf = (letter: string): string | undefined => new RegExp(`(?:^|\\|)${letter}=([^|]*)`).exec(extras)?.[1]
  const named = (
    [
      ['idempotency', keys.idem, shaOf('i')],
      ['unique', keys.uniq, shaOf('u')],
    ] as const
  ).flatMap(([kind, prefix, sha]) => (sha === undefined ? [] : [{ kind, key: prefix + sha }]))
  const replies = await redis.batch(
    named.flatMap(({ key }) => [
      ['GET', key],
      ['PTTL', key],
    ]),
  )
  return named.map(({ kind }, i) => {
    const [owner, ms] = [replies[2 * i] as string | null, Number(replies[2 * i + 1])]
    return { kind, owner: owner ?? undefined, expiresInMs: ms > 0 ? ms : undefined }
  })
}

async function readFacts({ redis, inspector, keysOf }: ExplainContext, task: TaskInfo): Promise<Facts> {
  const keys = keysOf(task.queue)
  const [[snapshot], [scale], workers, [envelope, counts], line, waitsUnder, waitsFor] = await Promise.all([
    inspector.snapshot([task.queue]),
    inspector.scale([task.queue]),
    inspector.workers(),
    redis.batch([
      ['HGET', keys.tasks, task.id],
      ['HGET', keys.attempts, task.id],
    ]),
    task.state === 'pending' ? placeInLine(redis, keys, task.id, task.priority) : undefined,
    task.state === 'limited' ? limitPlace(redis, keys, task.id) : undefined,
    task.state === 'blocked' ? openParents(redis, keys, task.id) : [],
  ])
  return {
    task,
    workers,
    line,
    waitsUnder,
    waitsFor,
    queue: snapshot!,
    scale: scale!,
    counts: decodeCounts(counts as string | null),
    keys: await readKeys(redis, keys, envelope as string | null),
    nowMs: snapshot!.atMs,
  }
}

/** Of an id that no place knows: purged and still in the trash, or nothing at all. */
async function explainAbsent({ redis, inspector, keysOf }: ExplainContext, id: string, named: string | undefined) {
  const queues = named === undefined ? await inspector.queueNames() : [named]
  const times = (await redis.batch(queues.map((name) => ['ZSCORE', keysOf(name).trash, id]))) as (string | null)[]
  const at = times.findIndex((time) => time !== null)
  if (at >= 0) {
    const [queue, goesAtMs] = [queues[at]!, Number(times[at])]
    const text = `it was purged and is in the trash until ${atTime(goesAtMs)}; dq dlq undo ${id} --queue ${queue} brings it back`
    return { id, queue, state: 'trash', reasons: [{ code: 'purged', text, details: { goesAtMs } }] } as const
  }
  const where = named === undefined ? 'no queue knows it' : `queue ${named} does not know it`
  const text = `${where}: it was never enqueued, was purged, or ended so long ago that its record is no longer kept`
  return { id, queue: undefined, state: undefined, reasons: [{ code: 'unknown', text, details: {} }] }
}

/** Why a task does not run, or what became of it. Without `queue` all registered queues are asked. */
export async function explain(context: ExplainContext, id: string, queue?: string): Promise<Explanation> {
  const task = await context.inspector.task(id, queue)
  if (task === undefined) return explainAbsent(context, id, queue)
  const facts = await readFacts(context, task)
  const { queue: found, state, traceId } = task
  return { id, queue: found, state, traceId, reasons: CAUSES.flatMap((cause) => cause(facts)) }
}
