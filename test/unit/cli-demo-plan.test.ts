import { describe, expect, it } from 'vitest'
import tasks from '../../src/cli/demo-handlers.ts'
import { makePlan, makeStream, type Planned } from '../../src/cli/demo/plan.ts'
import { demoEnvironment } from '../../src/cli/demo/processes.ts'
import { DEFAULTS } from '../../src/core/limits.ts'

const plan = makePlan()
const those = (match: (planned: Planned) => boolean): number => plan.filter(match).length

describe('the plan of the demo', () => {
  it('has a few hundred tasks of every kind, and of every fate', () => {
    expect(plan).toHaveLength(360)
    expect(those(({ ends }) => ends === 'dead')).toBe(12)
    expect(those(({ ends, attempts }) => ends === 'completed' && attempts > 1)).toBeGreaterThan(10)
    expect(those(({ item }) => item.delay !== undefined)).toBe(30)
    expect(new Set(plan.map(({ item }) => item.queue))).toEqual(new Set(['default', 'mail', 'media']))
    expect(new Set(plan.map(({ item }) => item.priority))).toEqual(new Set(['high', 'default', 'low']))
  })

  it('is the same each time', () => {
    expect(makePlan()).toEqual(plan)
  })

  it('has a handler for every type, which lets it fail as often as planned', () => {
    const byType = new Map(tasks.map((task) => [task.type, task]))
    for (const { item, attempts } of plan) {
      expect(byType.has(item.type)).toBe(true)
      expect(attempts).toBeLessThanOrEqual((byType.get(item.type)?.retry.limit ?? DEFAULTS.maxRetries) + 1)
    }
  })

  it('goes on for ever in the stream, under keys of its own', () => {
    const keys = new Set(plan.map(({ item }) => item.idempotencyKey).filter(Boolean))
    const stream = makeStream()
    for (let n = 0; n < 100; n++) expect(keys.has(stream.next().value.item.idempotencyKey ?? '')).toBe(false)
  })
})

it('the processes of the demo do not see how a real installation is configured', () => {
  const env = {
    PATH: '/bin',
    REDIS_URL: 'redis://real',
    REDIS_PASSWORD_FILE: '/x',
    API_PORT: '1',
    DQ_ANYTHING: 'x',
    LANG: 'C',
  }
  expect(demoEnvironment(env)).toEqual({ PATH: '/bin', LANG: 'C' })
})
