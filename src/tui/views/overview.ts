import { placeColumns, tableHead, tableRow } from '../components/table.ts'
import { rule } from '../components/rule.ts'
import { sparkline } from '../components/spark.ts'
import { totalOf } from '../source/data.ts'
import { HISTORY_SECONDS, stepFor, stepsOf } from '../source/history.ts'
import { findings } from '../health.ts'
import { cursorAt, moveTo } from '../state/list.ts'
import type { Scene } from '../state/scene.ts'
import type { Ui } from '../state/state.ts'
import { VIEW_NAMES } from '../state/view-names.ts'
import { fit } from '../text/fit.ts'
import { count, duration, plural } from '../text/format.ts'
import { type Line, clip, ends, line, span, underCursor } from '../text/line.ts'
import { say } from '../text/safe.ts'
import { type Item, findingItem } from './finding-item.ts'
import { openQueue, openTask, withList } from './go.ts'
import { LEASE_COLUMNS } from './leases.ts'
import { QUEUE_COLUMNS } from './queues.ts'
import { rateCell } from './shared.ts'
import type { View } from './view.ts'

interface Sections {
  /** All of them, also those that there is no room for. */
  readonly findings: readonly Item[]
  readonly findingRows: number
  readonly queues: readonly Item[]
  readonly leases: readonly Item[]
}

/** Rules, heads and the three lines of the throughput. */
const CHROME_ROWS = 9

/** More only in what the queues and leases leave free. */
const MOST_FINDINGS = 6
/** More of them are read only where they are shown. */
const MOST_SCHEDULES = 500

/** How many rows each section gets: a few for each, then the findings, the queues, the leases, and findings once more. */
function roomFor({ layout, data }: Scene, found: number): { findings: number; queues: number; leases: number } {
  const few = layout.isLow ? 2 : 3
  let free = layout.bodyRows - CHROME_ROWS
  const take = (want: number): number => {
    const given = Math.max(0, Math.min(want, free))
    free -= given
    return given
  }
  const wants = [Math.max(1, Math.min(found, MOST_FINDINGS)), Math.max(1, data.queues.length), data.leases.length]
  const least = wants.map((want) => take(Math.min(want, few)))
  const [findingRows = 1, queueRows = 1, leaseRows = 0] = wants.map((want, at) => least[at]! + take(want - least[at]!))
  // With no room for one lease under its two rows of chrome, the queues get those too.
  const freed = leaseRows === 0 && data.leases.length > 0 ? 2 : 0
  return { findings: findingRows + take(found - findingRows), queues: queueRows + freed, leases: leaseRows }
}

/** The deepest queues first, then the busiest, then those with dead tasks. */
const deepestFirst = ({ data }: Scene): Scene['data']['queues'] =>
  data.queues.toSorted(
    (a, b) => b.pending - a.pending || b.active - a.active || b.dead - a.dead || (a.key < b.key ? -1 : 1),
  )

function sectionsOf(scene: Scene): Sections {
  const found = findings(scene.data, scene.redisNowMs)
  const room = roomFor(scene, found.length)
  const look = (isCursor: boolean) => ({ isCursor, isMarked: false, hasMarks: false })
  const queueColumns = placeColumns(QUEUE_COLUMNS, scene.columns - 1)
  const leaseColumns = placeColumns(LEASE_COLUMNS, scene.columns - 1)
  return {
    findings: found.map((finding) => findingItem(scene, finding)),
    findingRows: room.findings,
    queues: deepestFirst(scene)
      .slice(0, room.queues)
      .map((row) => ({
        key: `queue ${row.key}`,
        draw: (isCursor) => tableRow(queueColumns, row, scene, look(isCursor)),
        open: () => openQueue(scene, row.key),
      })),
    leases: scene.data.leases.slice(0, room.leases).map((row) => ({
      key: `lease ${row.key}`,
      draw: (isCursor) => tableRow(leaseColumns, row, scene, look(isCursor)),
      open: () => openTask(scene, row.ref),
    })),
  }
}

const itemsOf = ({ findings: a, queues: b, leases: c }: Sections): readonly Item[] => [...a, ...b, ...c]

/** The findings that there is room for: the worst, or with the cursor among them those around it. */
function findingsShown({ findings: all, findingRows }: Sections, cursor: Item | undefined): readonly Item[] {
  const at = cursor === undefined ? -1 : all.indexOf(cursor)
  const top = Math.max(0, at - findingRows + 1)
  return all.slice(top, top + findingRows)
}

function healthLines(scene: Scene, total: number, shown: readonly Item[]): readonly Line[] {
  const { queues, workers } = scene.data
  const alive = workers.filter(({ silent }) => !silent).length
  const books = queues.every(({ drift }) => drift.length === 0)
    ? span(say`books balance`, 'good')
    : span(say`BOOKS DO NOT BALANCE`, 'bad')
  const more =
    total > shown.length ? say`${shown.length} of ${total}, worst first` : total > 1 ? say`worst first` : undefined
  const fine =
    queues.length + workers.length === 0
      ? line(say` nothing was ever enqueued under the namespace ${scene.state.about.namespace}; is --namespace right?`)
      : line(
          span(say` ok  `, 'good'),
          say`nothing to look at: ${plural(queues.length, say`queue`)}, ${plural(alive, say`worker`)}`,
        )
  return [rule(scene.columns, say`Health`, more, books), ...(total === 0 ? [fine] : [])]
}

const METRICS = [
  { id: 'enqueued', wide: say`enqueued`, brief: say`enq`, rate: 'enqueuedRate' },
  { id: 'completed', wide: say`completed`, brief: say`done`, rate: 'completedRate' },
  { id: 'failed', wide: say`failed`, brief: say`fail`, rate: 'failedRate' },
] as const

function throughput(scene: Scene): readonly Line[] {
  const { data, columns, layout } = scene
  const labelWidth = layout.isWide ? 10 : 5
  const width = columns - labelWidth - 1 - 11
  const step = stepFor(width)
  const history = data.history
  const shown = Math.min(width, Math.ceil(HISTORY_SECONDS / step))
  const trouble = data.troubles.history
  const title = rule(columns, say`Throughput`, say`last 15m, ${duration(step * 1000)} a column`, trouble ?? say`now`)
  const rows = METRICS.map((metric) => {
    const values = history === undefined ? [] : stepsOf(history.endMs, history[metric.id], step)
    const label = span(fit(say` ${layout.isWide ? metric.wide : metric.brief}`, labelWidth + 1), 'dim')
    const total = totalOf(data.queues, metric.rate)
    const tone = metric.id === 'failed' && total > 0 ? 'bad' : 'plain'
    const line15 = span(sparkline(values, shown), metric.id === 'failed' ? 'bad' : 'accent')
    return ends([label, line15], [span(say`${rateCell(data, total)}/s `, tone)], columns)
  })
  return [title, ...rows]
}

function queueLines(scene: Scene, items: readonly Item[]): readonly Line[] {
  const { data, columns } = scene
  const placed = placeColumns(QUEUE_COLUMNS, columns - 1)
  const all = data.queues.length
  const note = items.length === all ? say`${all}` : say`${items.length} of ${all}`
  const head = [rule(columns, say`Queues`, note, say`deepest first`), tableHead(placed, false)]
  return data.queues.length > 0 ? head : [...head, line(span(say` no queue was ever used under this namespace`, 'dim'))]
}

function leaseLines(scene: Scene, items: readonly Item[]): readonly Line[] {
  const { data, columns } = scene
  const active = totalOf(data.queues, 'active')
  if (active > 0 && items.length === 0) return []
  const placed = placeColumns(LEASE_COLUMNS, columns - 1)
  const head = rule(
    columns,
    say`Leases ending soonest`,
    say`${items.length} of ${count(active)}`,
    active > items.length ? say`3: all` : undefined,
  )
  return active > 0 || items.length > 0
    ? [head, tableHead(placed, false)]
    : [head, line(span(say` no task is running`, 'dim'))]
}

/** @param chosen which of the items is under the cursor; undefined: there is no cursor. */
function drawn(scene: Scene, chosen: (items: readonly Item[]) => Item | undefined): readonly Line[] {
  const sections = sectionsOf(scene)
  const cursor = chosen(itemsOf(sections))
  const rows = (group: readonly Item[]): readonly Line[] =>
    group.map((item) => (cursor === item ? underCursor(item.draw(true), scene.columns) : item.draw(false)))
  const shown = findingsShown(sections, cursor)
  const lines = [
    ...healthLines(scene, sections.findings.length, shown),
    ...rows(shown),
    ...throughput(scene),
    ...queueLines(scene, sections.queues),
    ...rows(sections.queues),
    ...leaseLines(scene, sections.leases),
    ...rows(sections.leases),
  ]
  return lines.slice(0, scene.layout.bodyRows).map((text) => clip(text, scene.columns))
}

const atCursor = (scene: Scene, items: readonly Item[]): Item | undefined =>
  items[
    cursorAt(
      scene.ui.lists.overview,
      items.map(({ key }) => key),
    )
  ]

/** The same for a page of text. */
export const overviewText = (scene: Scene): readonly Line[] => drawn(scene, () => undefined)

const keys = (scene: Scene): readonly string[] => itemsOf(sectionsOf(scene)).map(({ key }) => key)

/** The cursor to the first row of the next section; undefined past the last one. */
function turn(scene: Scene, by: 1 | -1): Partial<Ui> | undefined {
  const sections = sectionsOf(scene)
  const starts = [sections.findings, sections.queues, sections.leases].flatMap(([first]) => first?.key ?? [])
  const all = keys(scene)
  const at = cursorAt(scene.ui.lists.overview, all)
  const places = starts.map((key) => all.indexOf(key))
  const to = by === 1 ? places.find((place) => place > at) : places.findLast((place) => place < at)
  if (to === undefined) return undefined
  return withList(scene.ui, 'overview', moveTo(scene.ui.lists.overview, all, scene.layout.bodyRows, to))
}

/** What is wrong, how much goes through, where it waits and what is about to lapse, on one screen. */
export const overview: View = {
  id: 'overview',
  ...VIEW_NAMES.overview,
  badge: () => undefined,
  wants: ({ data }) => ({ history: true, causes: true, schedules: data.scheduleCount <= MOST_SCHEDULES }),
  hasMarks: false,
  sortable: [],
  keys,
  height: (scene) => scene.layout.bodyRows,
  draw: (scene) => drawn(scene, (items) => atCursor(scene, items)),
  turn,
  bindings: [
    {
      keys: ['Enter'],
      shows: say`Enter`,
      hint: say`open`,
      help: say`where the row leads: what is wrong, the queue, the task`,
      run: (scene) => atCursor(scene, itemsOf(sectionsOf(scene)))?.open() ?? {},
    },
  ],
}
