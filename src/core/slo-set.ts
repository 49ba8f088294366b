import type { RedisClient } from './redis.ts'
import { oneOf } from './replies.ts'
import { ScriptRunner } from './runner.ts'
import { SCRIPTS } from './scripts.ts'
import { checkObjective, encodeObjective } from './slo.ts'

/** Sets what a queue promises, or clears it; see `Operator.setObjective`. */
export function setObjective(
  { redis, namespace, by }: { readonly redis: RedisClient; readonly namespace: string; readonly by: string },
  queue: string,
  given: { readonly wait: number | string; readonly target: number } | undefined,
): Promise<'set' | 'cleared' | 'unchanged'> {
  const slo = given === undefined ? '' : encodeObjective(checkObjective(given))
  const reply = new ScriptRunner(redis, { namespace }).call(queue, SCRIPTS.slo, { by, slo })
  return oneOf('slo', reply, ['set', 'cleared', 'unchanged'])
}
