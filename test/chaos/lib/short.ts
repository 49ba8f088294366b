import { expect } from 'vitest'
import type { ChaosLine } from './line.ts'
import type { Scenario } from './setting.ts'

/** How long a short run may take on a slow machine. */
export const SHORT_MS = 240_000

/** Plays a run in its short size, and expects what every run promises. `DQ_SEED` repeats one. */
export async function playShort(
  scenario: Scenario,
  size: { tasks?: number; faults?: number } = {},
): Promise<ChaosLine> {
  const seed = Number(process.env['DQ_SEED'] ?? Date.now() % 1_000_000)
  const line = await scenario({ ...size, seed, profile: 'short', built: false, say: () => {} })
  expect(line.violations, `with DQ_SEED=${seed}`).toEqual([])
  expect(line, `with DQ_SEED=${seed}`).toMatchObject({ lost: 0, duplicate_commits: 0 })
  return line
}
