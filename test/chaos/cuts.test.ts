import { expect, it } from 'vitest'
import { cuts } from './scenarios/cuts.ts'

it('does everything once when replies are lost', async () => {
  const seed = Number(process.env['DQ_SEED'] ?? Date.now() % 1_000_000)
  const line = await cuts({ seed, cuts: 150 })
  expect(line).toMatchObject({ seed, violations: [], divergence: 0, double_enqueues: 0, lost: 0, duplicate_commits: 0 })
  expect(line['cuts']).toBeGreaterThanOrEqual(150)
}, 120_000)
