import type { Column } from '../components/table.ts'
import type { AuditRow } from '../source/rows.ts'
import type { LogEntry } from '../state/log.ts'
import type { Scene } from '../state/scene.ts'
import { moment } from '../text/format.ts'
import { type Span, type Tone, span } from '../text/line.ts'
import { type Safe, NOTHING, say } from '../text/safe.ts'
import { openQueue } from './go.ts'
import { ListView } from './list-view.ts'
import { OPERATION_BINDINGS, operationLines } from './operations.ts'

/** A change by anybody, or something of this console. */
interface ActivityRow {
  readonly key: string
  /** By Redis's clock. */
  readonly atMs: number
  readonly who: Safe
  readonly what: Safe
  readonly tone: Tone
  readonly queue: Safe
  readonly queueKey: string | undefined
  readonly count: Safe
  readonly detail: Safe
}

const fromAudit = (row: AuditRow): ActivityRow => ({
  key: row.key,
  atMs: row.atMs,
  who: row.who,
  what: row.what,
  tone: 'plain',
  queue: row.queue,
  queueKey: row.key.split('\0')[0],
  count: say`${row.count}`,
  detail: row.detail,
})

const fromLog = (entry: LogEntry, at: number, skewMs: number): ActivityRow => ({
  key: `here ${entry.atMs} ${at}`,
  atMs: entry.atMs + skewMs,
  who: say`this console`,
  what: entry.kind === 'link' ? say`connection` : say`result`,
  tone: entry.tone,
  queue: NOTHING,
  queueKey: undefined,
  count: NOTHING,
  detail: entry.text,
})

/** Worked out anew only when one of its two sources is another one: the list keeps its place by that. */
function merged(): (scene: Scene) => readonly ActivityRow[] {
  let last: { audit: readonly AuditRow[]; log: readonly LogEntry[]; rows: readonly ActivityRow[] } | undefined
  return ({ data, ui }) => {
    if (last?.audit === data.audit && last.log === ui.log) return last.rows
    const rows = [...data.audit.map(fromAudit), ...ui.log.map((entry, at) => fromLog(entry, at, data.skewMs))]
    last = { audit: data.audit, log: ui.log, rows: rows.toSorted((a, b) => b.atMs - a.atMs) }
    return last.rows
  }
}

const what = (row: ActivityRow): Span => span(row.what, row.tone)

const COLUMNS: readonly Column<ActivityRow>[] = [
  {
    id: 'time',
    title: say`TIME (UTC)`,
    min: 14,
    cell: ({ atMs }, scene) => moment(atMs, scene.redisNowMs),
    sort: ({ atMs }) => atMs,
  },
  { id: 'what', title: say`WHAT`, min: 10, cell: what, sort: ({ what: text }) => text },
  { id: 'queue', title: say`QUEUE`, min: 8, max: 14, cell: ({ queue }) => queue, sort: ({ queue }) => queue },
  {
    id: 'count',
    title: say`TASKS`,
    min: 5,
    align: 'right',
    cell: ({ count }) => count,
    sort: ({ count }) => Number(count),
  },
  { id: 'who', title: say`WHO`, min: 12, max: 30, spare: 1, cell: ({ who }) => who, sort: ({ who }) => who },
  { id: 'detail', title: say`DETAIL`, min: 10, max: 400, weight: 3, cell: ({ detail, tone }) => span(detail, tone) },
]

/** Who changed what by hand, from the audit of every queue; and what this console did and lost. */
export const activity: ListView<ActivityRow> = new ListView<ActivityRow>({
  id: 'activity',
  badge: () => undefined,
  wants: () => ({ audit: true, operations: true }),
  banner: operationLines,
  columns: COLUMNS,
  rows: merged(),
  part: 'audit',
  narrow: { by: 'text', of: ({ who, what: text, queue, detail }) => [who, text, queue, detail] },
  isProblem: ({ tone }) => tone === 'bad' || tone === 'warn',
  note: (_scene, shown) => say`${shown.length}  changes by hand, and what happened here`,
  order: say`newest first`,
  empty: () => [say`Nobody changed anything by hand yet, and nothing happened here.`],
  bindings: [
    {
      keys: ['Enter'],
      shows: say`Enter`,
      hint: say`its queue`,
      help: say`the queue that was changed`,
      run: (scene) => {
        const queue = activity.selected(scene)?.queueKey
        return queue === undefined ? {} : openQueue(scene, queue)
      },
    },
    ...OPERATION_BINDINGS,
  ],
})
