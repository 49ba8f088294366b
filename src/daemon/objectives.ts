import { ruleText } from '../core/limit-rules.ts'
import type { Parts } from './parts.ts'

/** Tells Redis what the configuration says of queues, objectives and limits, so that everybody sees the same. */
export async function applyObjectives({ config, id, operator, broker, log }: Parts): Promise<void> {
  for (const { name, slo, limit } of config.queues) {
    if (limit !== undefined) {
      const [word] = await broker.limits.set(name, [{ type: undefined, rule: limit }], 'code', id)
      if (word === 'set') log.info('limit.set', 'limit of a queue set', { queue: name, limit: ruleText(limit) })
    }
    if (slo === undefined) continue
    const outcome = await operator(id).setObjective(name, { wait: slo.waitMs, target: slo.target })
    if (outcome === 'set') log.info('slo.set', 'objective of a queue set', { queue: name, ...slo })
  }
}
