import { type Data, hasRates } from '../source/data.ts'
import type { LeaseRow, QueueRow } from '../source/rows.ts'
import { bar } from '../components/spark.ts'
import type { Scene } from '../state/scene.ts'
import { duration, rate } from '../text/format.ts'
import { type Span, span } from '../text/line.ts'
import { type Safe, say } from '../text/safe.ts'

/** A rate, or a dash while it would be worked out over a gap. */
export const rateCell = (data: Data, perSecond: number): Safe => (hasRates(data) ? rate(perSecond) : say`-`)

/** How long ago; stands still while the data is old. */
export const ago = (scene: Scene, ms: number | undefined): Safe =>
  ms === undefined ? say`-` : duration(scene.redisNowMs - ms)

/** What is left of a lease, or a question mark when it is not known any more. */
export function leaseLeft(row: Pick<LeaseRow, 'expiresAtMs' | 'leaseMs'>, scene: Scene): Span {
  if (!scene.isFresh) return span(say`?`, 'dim')
  const leftMs = row.expiresAtMs - scene.redisNowMs
  if (leftMs <= 0) return span(say`EXPIRED`, 'bad')
  return leftMs < row.leaseMs / 4 ? span(duration(leftMs), 'warn') : span(duration(leftMs))
}

export function leaseBar(row: LeaseRow, scene: Scene, columns: number): Span {
  if (!scene.isFresh) return span(say``)
  const leftMs = row.expiresAtMs - scene.redisNowMs
  if (leftMs <= 0) return span(say`!`, 'bad')
  return span(bar(leftMs / Math.max(1, row.leaseMs), columns), leftMs < row.leaseMs / 4 ? 'warn' : 'plain')
}

/** When the line is empty at the rates of now. */
export function drain(row: QueueRow, data: Data): Safe {
  if (row.pending === 0) return say`0s`
  if (row.paused !== undefined) return say`never`
  if (!hasRates(data)) return say`-`
  const net = row.completedRate - row.enqueuedRate
  if (net > 0) return duration((row.pending / net) * 1000)
  return row.completedRate === 0 ? say`never` : say`grows`
}

export const queueState = (row: QueueRow): Span =>
  row.paused !== undefined ? span(say`PAUSED`, 'warn') : span(say`running`)

/** A number that somebody should look at when it is not nought. */
export const alarming = (n: number, text: Safe): Span => span(text, n > 0 ? 'bad' : 'plain')
