import { bytes, duration } from '../text/format.ts'
import { say } from '../text/safe.ts'
import type { Finding, Rule } from './finding.ts'

const FULL = 0.9
const VERY_FULL = 0.95

export const memory: Rule = ({ redis }) => {
  if (redis === undefined || redis.maxBytes === 0) return []
  const share = redis.usedBytes / redis.maxBytes
  if (share < FULL) return []
  const finding: Finding = {
    key: 'memory',
    severity: share >= VERY_FULL ? 3 : 2,
    text: say`Redis uses ${Math.round(100 * share)}% of its memory, ${bytes(redis.usedBytes)} of ${bytes(redis.maxBytes)}: enqueues will be refused`,
    goTo: { view: 'overview', remedy: say`raise maxmemory, or let workers and a purge of the DLQ make room` },
  }
  return [finding]
}

/** A queue in a cache loses tasks: what is evicted was acknowledged. */
export const evictions: Rule = ({ redis }) => {
  if (redis === undefined || redis.maxBytes === 0) return []
  const goTo = {
    view: 'overview',
    remedy: say`CONFIG SET maxmemory-policy noeviction, and a Redis of its own for queues`,
  } as const
  if (redis.evicted > 0)
    return [{ key: 'evicted', severity: 3, text: say`Redis evicted ${redis.evicted} keys: tasks may be lost`, goTo }]
  if (redis.evictionPolicy === 'noeviction' || redis.evictionPolicy === '') return []
  const text = say`Redis may evict keys, and tasks with them: maxmemory-policy is ${redis.evictionPolicy}`
  return [{ key: 'policy', severity: 2, text, goTo }]
}

const SKEW_MS = 2_000

/** Nothing goes wrong by it, since all that counts is told by Redis's clock; but logs of both do not fit together. */
export const clockSkew: Rule = ({ skewMs, readAtMs, latencyMs = 0 }) => {
  if (readAtMs === undefined || Math.abs(skewMs) - latencyMs <= SKEW_MS) return []
  const side = skewMs > 0 ? say`behind` : say`ahead of`
  const text = say`the clock of this machine is ${duration(Math.abs(skewMs))} ${side} that of Redis`
  const remedy = say`this screen goes by the clock of Redis; set both by NTP`
  return [{ key: 'clock', severity: 1, text, goTo: { view: 'overview', remedy } }]
}
