import { currentView } from '../state/state.ts'
import type { Scene } from '../state/scene.ts'
import { VIEW_IDS, VIEW_NAMES, numberOf } from '../state/view-names.ts'
import { clock } from '../text/format.ts'
import { type Line, type Span, ends, line, span } from '../text/line.ts'
import { type Safe, NOTHING, safeLine, say } from '../text/safe.ts'
import { widthOf } from '../text/width.ts'
import type { Badge, View } from '../views/view.ts'
import { warnings } from './header.ts'

/** From roomy to tight: whole names, short names, those without blanks, only the numbers with what needs a look. */
const DENSITIES = ['full', 'short', 'tight', 'bare'] as const
type Density = (typeof DENSITIES)[number]

function labelOf(view: View, number: number, density: Density): Safe {
  if (density === 'bare') return say`${number}`
  if (density === 'tight') return say`${number}${view.short}`
  return say`${number} ${density === 'full' ? view.title : view.short}`
}

function countOf(badge: Badge | undefined, density: Density): Safe {
  if (badge === undefined || density === 'bare') return NOTHING
  return density === 'full' ? say` ${badge.text}` : say`:${badge.brief ?? badge.text}`
}

function tab(scene: Scene, view: View, number: number, density: Density): readonly Span[] {
  const here = currentView(scene.ui)
  const isHere = here === view.id
  // Without blanks the bracket of the tab before parts them.
  const isAfter = VIEW_IDS[number - 2] === here
  const badge = view.badge(scene.state.data)
  const isKnown = scene.isFresh
  const sign = badge === undefined ? NOTHING : !isKnown ? say`?` : badge.isAlarm ? say`!` : NOTHING
  const tone = isHere ? 'here' : 'plain'
  return [
    span(isHere ? say`[` : density === 'tight' && isAfter ? NOTHING : say` `, 'accent'),
    span(labelOf(view, number, density), tone),
    span(countOf(badge, density), badge?.isAlarm === true && isKnown ? 'warn' : 'dim'),
    span(sign, badge?.isAlarm === true && isKnown ? 'bad' : 'dim'),
    span(isHere ? say`]` : density === 'tight' ? NOTHING : say` `, 'accent'),
  ]
}

const widthOfSpans = (spans: readonly Span[]): number => spans.reduce((sum, { text }) => sum + widthOf(text), 0)

function densest(scene: Scene, views: readonly View[], columns: number): readonly Span[] {
  const at = (density: Density): readonly Span[] => views.flatMap((view, index) => tab(scene, view, index + 1, density))
  const fitting = DENSITIES.find((density) => widthOfSpans(at(density)) <= columns)
  return at(fitting ?? 'bare')
}

const asOf = ({ state, isFresh, layout }: Scene): Safe =>
  isFresh || !layout.isWide || state.data.readAtMs === undefined ? NOTHING : say`as of ${clock(state.data.readAtMs)} `

/** The views with their counts, so that each of them shows the troubles of all. */
export function tabs(scene: Scene, views: readonly View[]): Line {
  const right = asOf(scene)
  return ends(densest(scene, views, scene.columns - widthOf(right) - 1), [span(right, 'dim')], scene.columns)
}

/** On a low screen header and tabs share a row. */
export function lowTabs(scene: Scene, views: readonly View[]): Line {
  const warned = warnings(scene)
  const right = [...warned, span(say` ${clock(scene.nowMs)} `, 'dim')]
  return ends(densest(scene, views, scene.columns - widthOfSpans(right) - 1), right, scene.columns)
}

/** Where one is when something lies on top of a view: `4 DLQ > task`. */
export function trail(scene: Scene): Line {
  const names = scene.ui.stack.map((screen) => {
    if (screen.kind === 'task') return say`task`
    if (screen.kind === 'help') return say`help`
    if (screen.kind === 'queue') return say`queue ${safeLine(screen.queue, 30)}`
    if (screen.kind === 'runs') return say`schedule ${safeLine(screen.schedule, 30)}`
    return say`${numberOf(screen.view)} ${VIEW_NAMES[screen.view].title}`
  })
  const parts = names.flatMap((name, at) => [
    span(at === 0 ? say` ` : say` > `, 'dim'),
    span(name, at === names.length - 1 ? 'here' : 'plain'),
  ])
  return scene.layout.isLow
    ? ends(parts, [...warnings(scene), span(say` ${clock(scene.nowMs)} `, 'dim')], scene.columns)
    : line(...parts)
}
