import { fieldsOf } from './fields.ts'
import { decodeFailures } from './records.ts'
import type { RedisClient } from './redis.ts'
import type { DeadGroup } from './task.ts'

const TEN_MINUTES_MS = 600_000

function trendOf(counts: string, bucket: number, nowMs: number): number[] {
  const known = counts.split(',').map(Number)
  const gap = Math.max(0, Math.min(known.length, Math.floor(nowMs / TEN_MINUTES_MS) - bucket))
  return [...Array.from({ length: gap }, () => 0), ...known].slice(0, known.length).toReversed()
}

/** Dead tasks by the kind of their failure, the largest group first; see `lua/lib/groups.lua`. */
export async function readGroups(redis: RedisClient, queue: string, key: string, nowMs: number): Promise<DeadGroup[]> {
  const fields = fieldsOf((await redis.call('HGETALL', key)) as string[])
  const groups: DeadGroup[] = []
  for (const [group, text] of fields) {
    if (group.endsWith(':s')) continue
    const [count, first, last, bucket, counts = ''] = text.split('|')
    const [type = '', line = ''] = (fields.get(`${group}:s`) ?? '').split('\n')
    const sample = decodeFailures(`d|${type}\n${line}`).attempts[0]
    groups.push({
      queue,
      group,
      count: Number(count) || 0,
      firstAtMs: Number(first) || 0,
      lastAtMs: Number(last) || 0,
      trend: trendOf(counts, Number(bucket) || 0, nowMs),
      type,
      reason: sample?.reason ?? '',
      message: sample?.message ?? '',
    })
  }
  return groups.toSorted((a, b) => b.count - a.count || (a.group < b.group ? -1 : 1))
}
