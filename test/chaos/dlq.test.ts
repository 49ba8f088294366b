import { expect, it } from 'vitest'
import { playShort, SHORT_MS } from './lib/short.ts'
import { dlq } from './scenarios/dlq.ts'

it(
  'gives each dead task one fate when many replay and purge at once',
  async () => {
    const line = await playShort(dlq)
    expect(Number(line['replayed']) + Number(line['purged'])).toBe(line.tasks)
    expect(line.executed).toBe(line['replayed'])
  },
  SHORT_MS,
)
