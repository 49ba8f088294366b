import { z } from 'zod'
import { ms, name } from './schemas.ts'

/** What the routes about limits and objectives take; see `schemas.ts`. */
const rateBody = {
  limit: z.number('has to be a number'),
  per_ms: z.number('has to be a number of milliseconds').optional(),
  burst: z.number('has to be a number').optional(),
}

export const limitQuery = z.strictObject({ type: name.optional() })

export const limitBody = z
  .strictObject(
    {
      type: name.optional(),
      rate: z.strictObject({ ...rateBody, per_key: z.boolean('has to be true or false').default(false) }).optional(),
      concurrency: z
        .strictObject({
          limit: z
            .number('has to be a number')
            .int('has to be whole')
            .min(1, 'has to be 1 or more; to stop a queue, pause it')
            .max(1_000_000, 'has to be at most 1000000'),
          per_key: z.boolean('has to be true or false').default(false),
        })
        .optional(),
      enqueue: z.strictObject(rateBody).optional(),
    },
    'has to be an object with rate, concurrency or enqueue',
  )
  .refine(
    ({ rate, concurrency, enqueue }) => (rate ?? concurrency ?? enqueue) !== undefined,
    'says no limit: give rate, concurrency or enqueue, or send DELETE to take it away',
  )
  .refine(
    ({ type, rate, concurrency }) => type !== undefined || !(rate?.per_key === true || concurrency?.per_key === true),
    { message: 'is for the limit of a type: give type', path: ['per_key'] },
  )
export const sloBody = z.strictObject(
  {
    wait_ms: ms(86_400_000).min(1, 'has to be 1 or more'),
    target: z.number('has to be a number').gt(0, 'has to lie between 0 and 1').lt(1, 'has to lie between 0 and 1'),
  },
  'has to be an object with wait_ms and target',
)
