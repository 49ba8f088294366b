import { ageMs, paceMs } from '../source/data.ts'
import { clock, duration, latency } from '../text/format.ts'
import { type Line, type Span, ends, span } from '../text/line.ts'
import { type Safe, NOTHING, say } from '../text/safe.ts'
import type { Scene } from '../state/scene.ts'
import type { State } from '../state/state.ts'

const two = (n: number): Safe => (n < 10 ? say`0${n}` : say`${n}`)

/** `00:42`, `1:02:03`. */
function stopwatch(ms: number): Safe {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const hours = Math.floor(seconds / 3600)
  const rest = say`${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`
  return hours === 0 ? rest : say`${hours}:${rest}`
}

/** What is not as it should be with the connection or the freshness of the screen; empty when all is well. */
export function warnings(scene: Scene): readonly Span[] {
  const { data, link } = { data: scene.state.data, link: scene.state.data.link }
  const parts: Span[] = []
  if (link.kind === 'down') parts.push(span(say`DISCONNECTED ${stopwatch(scene.nowMs - link.sinceMs)}`, 'bad'))
  else if (link.kind === 'up' && !scene.isFresh)
    parts.push(span(say`STALE ${duration(ageMs(data, scene.nowMs))}`, 'bad'))
  if (scene.ui.frozen !== undefined)
    parts.push(span(say`FROZEN ${duration(scene.nowMs - scene.ui.frozen.atMs)}`, 'warn'))
  return parts.flatMap((part) => [span(say`  `), part])
}

function linkState(scene: Scene): Safe {
  const { link, latencyMs } = scene.state.data
  if (link.kind === 'opening') return say`connecting`
  if (link.kind === 'up') return latency(latencyMs ?? 0)
  const waitMs = Math.max(0, link.retryAtMs - scene.nowMs)
  return waitMs < 1000 ? say`retry ${link.tries}` : say`retry ${link.tries} in ${duration(waitMs)}`
}

/** How often Redis is asked: `1s`, `0.5s`, or `slow, 2s` when it takes too long to answer for what was wished. */
function pace({ ui: { intervalMs }, data: { latencyMs } }: State): Safe {
  const ms = paceMs(intervalMs, latencyMs)
  const text = ms < 1000 ? say`${ms / 1000}s` : duration(ms)
  return ms === intervalMs ? text : say`slow, ${text}`
}

/** Whether something may be changed, and for how long where that ends. */
function access({ state, ui, canChange, nowMs }: Scene): Span {
  if (!state.about.isReadOnly) return span(NOTHING)
  if (!canChange || ui.armed === undefined) return span(say`  READ-ONLY`, 'accent')
  return span(say`  WRITE ${stopwatch(ui.armed.untilMs - nowMs)}`, 'warn')
}

/** Who we look at on the left; how well we see it on the right, the clock last. */
export function header(scene: Scene): Line {
  const { about, data } = scene.state
  const context = about.context === undefined ? span(say``) : span(say`  ${about.context.name}`, 'strong')
  const namespace = about.namespace === 'dq' ? span(say``) : span(say`  ns ${about.namespace}`, 'dim')
  const left = [
    span(say` dq-top`, 'strong'),
    context,
    span(say`  ${about.address}`),
    namespace,
    access(scene),
    ...warnings(scene),
  ]
  const version = data.redisVersion === undefined || !scene.layout.isWide ? say`` : say`redis ${data.redisVersion}  `
  const every = scene.layout.isWide ? say`every ${pace(scene.state)}` : pace(scene.state)
  const zone = scene.layout.isWide ? say` UTC` : say``
  const right = span(say`${version}${linkState(scene)}  ${every}  ${clock(scene.nowMs)}${zone} `, 'dim')
  return ends(left, [right], scene.columns)
}
