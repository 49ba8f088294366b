import { expect, it } from 'vitest'
import { playShort, SHORT_MS } from './lib/short.ts'
import { kills } from './scenarios/kills.ts'

it(
  'loses nothing when daemons are killed under load',
  async () => {
    expect(await playShort(kills, { faults: 5, tasks: 500 })).toMatchObject({ kills: 5 })
  },
  SHORT_MS,
)
