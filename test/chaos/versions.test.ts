import { expect, it } from 'vitest'
import { playShort, SHORT_MS } from './lib/short.ts'
import { versions } from './scenarios/versions.ts'

it(
  'loses nothing when daemons of this version and of the next one are killed under load, side by side',
  async () => {
    expect(await playShort(versions, { faults: 5, tasks: 500 })).toMatchObject({ kills: 5 })
  },
  SHORT_MS,
)
