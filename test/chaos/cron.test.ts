import { expect, it } from 'vitest'
import { playShort, SHORT_MS } from './lib/short.ts'
import { cron } from './scenarios/cron.ts'

it(
  'fires each slot of each schedule once while schedulers are killed',
  async () => {
    const line = await playShort(cron, { tasks: 24, faults: 2 })
    expect(line.kills).toBe(2)
    expect(line.executed).toBeGreaterThanOrEqual(18)
  },
  SHORT_MS,
)
