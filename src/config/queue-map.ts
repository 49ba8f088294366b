import { z } from 'zod'
import { messageOf } from '../core/errors.ts'
import { NAME } from '../core/keys.ts'
import { checkEnqueueRate, checkRate, type LimitRule, parseRate, type Rate } from '../core/limit-rules.ts'
import { checkObjective, type Objective } from '../core/slo.ts'

export interface WeightedQueue {
  readonly name: string
  readonly weight: number
  /** What it promises; undefined leaves what Redis has. */
  readonly slo?: Objective
  /** Of all its tasks together; undefined leaves what Redis has. */
  readonly limit?: LimitRule
}

const WEIGHT_RULE = 'has to be a whole number from 1 to 100'
const weight = z.number(WEIGHT_RULE).int(WEIGHT_RULE).min(1, WEIGHT_RULE).max(100, WEIGHT_RULE)

const slo = z
  .strictObject(
    {
      wait: z.union([z.string(), z.number()], 'is missing, such as 30s'),
      target: z.number('is missing, such as 0.99'),
    },
    'has to be { wait: 30s, target: 0.99 }',
  )
  .transform(({ wait, target }, context): Objective => {
    try {
      // A bare number is seconds, as everywhere in the configuration.
      return checkObjective({ wait: typeof wait === 'number' ? wait * 1_000 : wait, target })
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) })
      return z.NEVER
    }
  })

const rateBy = (check: typeof checkRate) =>
  z.string('has to be a rate such as 50/s').transform((text, context): Rate => {
    try {
      return parseRate(text, 'it', check)
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) })
      return z.NEVER
    }
  })
const SLOTS_RULE = 'has to be a whole number from 1 to 1000000; to stop a queue, pause it'
const slots = z.number(SLOTS_RULE).int(SLOTS_RULE).min(1, SLOTS_RULE).max(1_000_000, SLOTS_RULE)

const entry = z.strictObject(
  {
    weight: weight.optional(),
    slo: slo.optional(),
    rate: rateBy(checkRate).optional(),
    concurrency: slots.optional(),
    enqueue: rateBy(checkEnqueueRate).optional(),
  },
  'has to be { weight, slo, rate, concurrency, enqueue }',
)

/** The limit of a queue, if its entry has one. */
function limitOf({ rate: starts, concurrency, enqueue }: z.output<typeof entry>): LimitRule | undefined {
  if ((starts ?? concurrency ?? enqueue) === undefined) return undefined
  return {
    rate: starts && { ...starts, keyed: false },
    slots: concurrency === undefined ? undefined : { most: concurrency, keyed: false },
    enqueue,
  }
}

const map = z.record(
  z.string().regex(NAME, 'is no name of a queue'),
  z.union([z.null().transform(() => ({})), weight.transform((n) => ({ weight: n })), entry]),
)

/** The section `queues` of a file: name → nothing, a weight, or `{ weight, slo, rate, concurrency, enqueue }`. Gives what is wrong as text. */
export function queueMap(json: string): readonly WeightedQueue[] | string {
  let tree: unknown
  try {
    tree = JSON.parse(json)
  } catch {
    // Somebody wrote a brace on the command line.
    return 'is no section of queues'
  }
  const parsed = map.safeParse(tree)
  if (!parsed.success) return problemOf(parsed.error.issues[0]!)
  const queues = Object.entries(parsed.data as Record<string, z.output<typeof entry>>).map(([name, given]) => {
    const limit = limitOf(given)
    return {
      name,
      weight: given.weight ?? 1,
      ...(given.slo === undefined ? {} : { slo: given.slo }),
      ...(limit === undefined ? {} : { limit }),
    }
  })
  return queues.length === 0 ? 'names no queue' : queues
}

function problemOf(issue: z.core.$ZodIssue): string {
  // Of the forms an entry may have the last one is meant; what is wrong with a name is told inside.
  const inner =
    issue.code === 'invalid_union'
      ? issue.errors.at(-1)?.[0]
      : issue.code === 'invalid_key'
        ? issue.issues[0]
        : undefined
  const path = [...issue.path, ...(inner?.path ?? [])].join('.')
  const { message } = inner ?? issue
  return `cannot be used: ${path} ${message}`
}
