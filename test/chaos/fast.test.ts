import { expect, it } from 'vitest'
import { playShort, SHORT_MS } from './lib/short.ts'
import { fast } from './scenarios/fast.ts'

it(
  'loses nothing when kills, pauses, ends, lost connections and blocked processes come together',
  async () => {
    const line = await playShort(fast, { tasks: 400, faults: 7 })
    expect(line).toMatchObject({ pauses: 1, ends: 1, blocks: 1 })
    expect(line.kills).toBeGreaterThan(0)
    expect(line['resets']).toBeGreaterThan(0)
  },
  SHORT_MS,
)
