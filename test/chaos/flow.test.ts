import { expect, it } from 'vitest'
import { playShort, SHORT_MS } from './lib/short.ts'
import { flow } from './scenarios/flow.ts'

it(
  'ends every node of a flow when daemons are killed, in its order',
  async () => {
    const line = await playShort(flow)
    expect(line).toMatchObject({ kills: 2, dead: 0 })
  },
  SHORT_MS,
)
