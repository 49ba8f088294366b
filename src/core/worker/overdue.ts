import type { Broker } from '../broker.ts'
import { decodeEnvelope } from '../envelope.ts'
import { queueKeys } from '../keys.ts'
import { decide } from '../outcome.ts'
import { decodeCounts, failureLine } from '../records.ts'
import type { RedisClient } from '../redis.ts'
import { DEFAULT_RETRY } from '../retry.ts'
import { policyOf } from './options.ts'
import type { RenewalData } from './renewal-messages.ts'

export interface Overdue {
  readonly redis: RedisClient
  readonly broker: Pick<Broker, 'fail'>
  readonly data: RenewalData
  readonly queue: string
  readonly nonce: string
  readonly id: string
}

/**
 * Fails a task as timed out in place of its worker, which does not react; decided as the worker would.
 * @returns false when it was no longer this grant's.
 */
export async function failOverdue({ redis, broker, data, queue, nonce, id }: Overdue): Promise<boolean> {
  const keys = queueKeys(data.namespace, queue, data.worker)
  const [text, counted] = (await redis.batch([
    ['HGET', keys.tasks, id],
    ['HGET', keys.attempts, id],
  ])) as (string | null)[]
  if (typeof text !== 'string') return false
  const envelope = decodeEnvelope(text)
  const counts = decodeCounts(counted)
  const policy = policyOf(data, { retry: data.policies[envelope.type] ?? DEFAULT_RETRY }, envelope.maxRetries)
  const decision = decide(counts, { kind: 'timeout' }, policy, Math.random, Date.now())
  const isRetry = decision.verb === 'retry'
  const about = {
    attempt: counts.runs + 1,
    atMs: Date.now(),
    worker: data.worker,
    reason: 'timeout',
    message: `did not end, and its process did not react for ${data.graceMs / 1000} s after its deadline`,
    stack: undefined,
  }
  const line = failureLine(about, isRetry ? undefined : envelope.type)
  const item = { nonce, id, type: envelope.type, line, extras: envelope.extras }
  const delayMs = isRetry ? decision.delayMs : 0
  const [word] = await broker.fail(queue, [{ ...item, verdict: isRetry ? 'retry' : 'dead', delayMs }], data.resultTtlMs)
  return word !== 'stale'
}
