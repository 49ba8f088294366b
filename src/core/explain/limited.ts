import { ruleText } from '../limit-rules.ts'
import { span } from '../span.ts'
import type { Cause } from './facts.ts'

/** It waits for room under a limit: which one, who has it, and when there may be some. */
export const limited: Cause = ({ task, waitsUnder, nowMs }) => {
  if (task.state !== 'limited' || waitsUnder === undefined) return []
  const { type, key, rule, ahead, running, nextAtMs, holders } = waitsUnder
  const whose = type === undefined ? `queue ${task.queue}` : `type ${type}`
  const ofKey = key === undefined ? '' : `, key ${key}`
  const taken =
    holders.length === 0 ? '' : `; ${running} run: ${holders.join(', ')}${running > holders.length ? ', …' : ''}`
  const when = nextAtMs === undefined ? '' : `; the next may start in ${span(Math.max(0, nextAtMs - nowMs))}`
  return [
    {
      code: 'limited',
      text: `it waits under the limit of ${whose}${ofKey} (${ruleText(rule)}), ${ahead} before it${taken}${when}`,
      details: { type, key, limit: ruleText(rule), ahead, running, holders, nextAtMs },
    },
  ]
}
