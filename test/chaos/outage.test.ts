import { expect, it } from 'vitest'
import { playShort, SHORT_MS } from './lib/short.ts'
import { outages } from './scenarios/outage.ts'

it(
  'takes nothing from live workers while Redis is away for two lease times',
  async () => {
    expect(await playShort(outages)).toMatchObject({ outages: 2, false_reaps: 0, duplicate_executions: 0 })
  },
  SHORT_MS,
)
