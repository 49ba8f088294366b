import { expect, it } from 'vitest'
import { playShort, SHORT_MS } from './lib/short.ts'
import { limits } from './scenarios/limits.ts'

it(
  'lets no more start than limits allow, in the order of each key, over several daemons',
  async () => {
    const line = await playShort(limits, {})
    expect(line['rate_started']).toBeGreaterThan(0)
    expect(line['keys']).toBe(20)
  },
  SHORT_MS,
)
