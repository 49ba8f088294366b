import { plural } from '../text/format.ts'
import { say } from '../text/safe.ts'
import {
  byQueue,
  destination,
  type Extent,
  extentFacts,
  idsOf,
  MANY,
  phraseFor,
  sized,
  source,
  tally,
  type TaskBrief,
  whose,
} from './bulk-plans.ts'
import type { Plan } from './plan.ts'
import type { Scene } from './scene.ts'

/** Before tasks are run that wait for their time. */
export function runPlan(scene: Scene, rows: readonly TaskBrief[], extent: Extent = { hidden: 0 }): Plan {
  const sets = byQueue(rows)
  const n = rows.length
  return {
    act: { kind: 'hasten', sets },
    tier: n > MANY ? 3 : n > 1 || extent.hidden > 0 ? 2 : 1,
    title: say`RUN ${plural(n, say`task`)} NOW ─ ${whose(scene)}`,
    facts: [
      [say`from`, source(sized(sets), say`delayed`)],
      [say`to`, destination(scene, sized(sets))],
      [say`types`, tally(rows.map(({ type }) => type))],
      [say`ids`, idsOf(rows)],
      [say`effect`, say`they go to the end of the line now; attempts and retries are counted on`],
      [say`undo`, say`none`],
      ...extentFacts(extent),
    ],
    question: n === 1 ? say`Run ${rows[0]!.type} ${rows[0]!.id} now?` : say`Run these ${n} tasks now?`,
    phrase: n > MANY ? phraseFor(scene, say`run`, n) : undefined,
  }
}
