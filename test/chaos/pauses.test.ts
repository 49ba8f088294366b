import { expect, it } from 'vitest'
import { playShort, SHORT_MS } from './lib/short.ts'
import { pauses } from './scenarios/pauses.ts'

it(
  'refuses what a daemon sends of tasks that others took while it was stopped, and accepts it where nobody did',
  async () => {
    const line = await playShort(pauses, { faults: 3 })
    expect(line.pauses).toBe(3)
    expect(line.stale_rejected).toBeGreaterThan(0)
    expect(line['late_accepted']).toBeGreaterThan(0)
  },
  SHORT_MS,
)
