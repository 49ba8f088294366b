import type { Finding, GoTo } from '../health.ts'
import type { Step } from '../keys/binding.ts'
import type { Scene } from '../state/scene.ts'
import { VIEW_NAMES } from '../state/view-names.ts'
import { type Line, type Span, ends, span } from '../text/line.ts'
import { type Safe, say } from '../text/safe.ts'
import { openDead, openQueue, openView } from './go.ts'

/** Something the cursor can be on: a finding, a queue or a lease. */
export interface Item {
  readonly key: string
  readonly draw: (isCursor: boolean) => Line
  readonly open: () => Step
}

const cursorSign = (isCursor: boolean): Safe => (isCursor ? say`>` : say` `)

/** To what a finding is about, narrowed down to it. */
function follow(scene: Scene, goTo: GoTo): Step {
  if ('remedy' in goTo) return { say: { text: goTo.remedy, tone: 'plain' } }
  if ('deadQueue' in goTo) return openDead(scene, goTo.deadQueue, goTo.filter)
  if ('queue' in goTo) return openQueue(scene, goTo.queue, goTo.tab, goTo.filter)
  return openView(scene, goTo.view, goTo.key)
}

/** A finding as a row of the overview. */
export function findingItem(scene: Scene, finding: Finding): Item {
  const { goTo } = finding
  return {
    key: `finding ${finding.key}`,
    draw: (isCursor) => {
      const where = 'remedy' in goTo ? say`what to do` : VIEW_NAMES[goTo.view].title
      const hint = scene.layout.isWide ? span(say`Enter: ${where} `, 'dim') : span(say``)
      const left: Span[] = [
        span(cursorSign(isCursor)),
        span(say`! `, 'bad'),
        span(finding.text, finding.severity === 3 ? 'bad' : 'warn'),
      ]
      return ends(left, [hint], scene.columns)
    },
    open: () => follow(scene, goTo),
  }
}
