import { z } from 'zod'
import { UNIQUE_MODES, type UniqueOptions } from './unique.ts'

const MOST_MS = 315_360_000_000

/** `unique` as the HTTP API writes it. */
export const uniqueWire = z
  .strictObject(
    {
      for_ms: z
        .number('has to be a number of milliseconds')
        .int('has to be whole')
        .min(1, 'has to be 1 or more')
        .max(MOST_MS, `has to be at most ${MOST_MS}`),
      by: z.enum(['payload', 'key'], 'has to be payload or key').optional(),
      key: z.string('has to be text').min(1, 'is empty').max(512, 'has to be at most 512 characters').optional(),
      mode: z.enum(UNIQUE_MODES, `has to be one of ${UNIQUE_MODES.join(', ')}`).optional(),
    },
    'has to be an object with for_ms',
  )
  .refine(({ by, key }) => (by === 'key') === (key !== undefined) || by === undefined, {
    message: 'goes with by "key", and by "key" with it',
    path: ['key'],
  })

export const uniqueFromWire = ({ for_ms, key, mode }: z.output<typeof uniqueWire>): UniqueOptions => ({
  for: for_ms,
  by: key === undefined ? 'payload' : { key },
  mode,
})
