import { expect, it } from 'vitest'
import { children } from './scenarios/children.ts'

it('gives tasks back at once when the processes of their handlers die', async () => {
  const seed = Number(process.env['DQ_SEED'] ?? Date.now() % 1_000_000)
  const line = await children({ seed, profile: 'short', faults: 5, built: false, say: () => {} })
  expect(line).toMatchObject({ seed, violations: [], lost: 0, duplicate_executions: 0, kills: 5, reclaimed: 5 })
}, 120_000)
