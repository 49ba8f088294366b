import { MIN_SIZE } from '../state/layout.ts'
import type { Scene } from '../state/scene.ts'
import { wrap, wrapWords } from '../text/fit.ts'
import { duration } from '../text/format.ts'
import { type Line, BLANK, line, span } from '../text/line.ts'
import { type Safe, say } from '../text/safe.ts'

const para = (text: Safe, columns: number): readonly Line[] =>
  wrapWords(text, columns - 4)
    .flatMap((words) => wrap(words, columns - 4))
    .map((part) => line(say`  `, part))

/** Before anything was ever read: where we try, why it does not work, and what to try. */
export function linkScreen(scene: Scene): readonly Line[] {
  const { about, data } = scene.state
  const { link } = data
  const where = say`  Redis at ${about.address}, namespace ${about.namespace}`
  if (link.kind !== 'down') {
    const waitedMs = link.kind === 'opening' ? scene.nowMs - link.sinceMs : 0
    return [
      BLANK,
      line(span(say`  Connecting …`, 'strong'), waitedMs < 1000 ? say`` : say`  ${duration(waitedMs)}`),
      BLANK,
      line(where),
    ]
  }
  const next = Math.max(0, link.retryAtMs - scene.nowMs)
  const retry = say`  Tried ${link.tries} times; trying again in ${duration(next)}. Ctrl-r tries now, q quits.`
  return [
    BLANK,
    line(span(say`  Cannot read from Redis`, 'bad')),
    BLANK,
    line(where),
    ...para(link.reason, scene.columns),
    BLANK,
    ...para(link.remedy, scene.columns),
    BLANK,
    line(span(retry, 'dim')),
  ]
}

/** Fewer columns or rows than anything useful fits in. */
export const tooSmall = ({ ui: { size } }: Scene): readonly Line[] => [
  line(say`dq-top: this terminal is ${size.columns}x${size.rows}`),
  line(say`at least ${MIN_SIZE.columns}x${MIN_SIZE.rows} is needed`),
  line(say`q quits`),
]
