import { header } from '../components/header.ts'
import type { Data } from '../source/data.ts'
import { sceneOf } from '../state/scene.ts'
import { type About, openingState } from '../state/state.ts'
import { type Safe } from '../text/safe.ts'
import { textOf } from '../text/line.ts'
import { overviewText } from '../views/overview.ts'

/** Rows of chrome in the overview besides its lists. */
const CHROME = 24
const MOST_LEASES = 20

/** The overview as lines of text, with every queue, and without a cursor. */
export function overviewLines(data: Data, about: About, columns: number, nowMs: number): readonly Safe[] {
  const rows = CHROME + data.queues.length + Math.min(MOST_LEASES, data.leases.length)
  const opening = openingState(about, { columns, rows }, 1000, nowMs)
  const scene = sceneOf({ ...opening, data })
  return [header(scene), ...overviewText(scene)].map(textOf)
}
