import type { Column } from '../components/table.ts'
import type { TaskRow } from '../source/task-row.ts'
import type { Scene } from '../state/scene.ts'
import { bytes, duration } from '../text/format.ts'
import { type Line, type Span, line, span } from '../text/line.ts'
import { type Safe, say } from '../text/safe.ts'
import { ago, leaseLeft } from './shared.ts'

export type TaskColumn = Column<TaskRow>

export const TASK: TaskColumn = {
  id: 'task',
  title: say`TASK`,
  min: 12,
  max: 22,
  weight: 4,
  cut: 'id',
  cell: ({ id }) => id,
  sort: ({ id }) => id,
}

export const TYPE: TaskColumn = {
  id: 'type',
  title: say`TYPE`,
  min: 12,
  max: 16,
  roomy: 32,
  cell: ({ type }) => type,
  sort: ({ type }) => type,
}

export const QUEUE: TaskColumn = {
  id: 'queue',
  title: say`QUEUE`,
  min: 8,
  max: 12,
  roomy: 32,
  spare: 3,
  cell: ({ queue }) => queue,
  sort: ({ queue }) => queue,
}

export const TRIES: TaskColumn = {
  id: 'tries',
  title: say`TRIES`,
  min: 5,
  align: 'right',
  spare: 2,
  cell: ({ tries }) => tries,
}

export const PRIORITY: TaskColumn = {
  id: 'priority',
  title: say`PRIO`,
  min: 7,
  spare: 4,
  cell: ({ priority }) => priority,
  sort: ({ priority }) => priority,
}

export const STATE: TaskColumn = {
  id: 'state',
  title: say`STATE`,
  min: 9,
  spare: 3,
  cell: ({ state }) => state,
  sort: ({ state }) => state,
}

export const REASON: TaskColumn = {
  id: 'reason',
  title: say`REASON`,
  min: 8,
  max: 12,
  spare: 4,
  cell: ({ reason }) => reason,
  sort: ({ reason }) => reason,
}

export const ERROR: TaskColumn = {
  id: 'error',
  title: say`LAST ERROR`,
  min: 16,
  wants: 30,
  max: 90,
  roomy: 400,
  weight: 3,
  cell: ({ message, reason }) => (message === '' ? reason : message),
  sort: ({ message }) => message,
}

/** Where it says why a task waits, and is no reason to be here. */
export const BRIEF_ERROR: TaskColumn = { ...ERROR, wants: 16, spare: 6 }

export const WORKER: TaskColumn = {
  id: 'worker',
  title: say`WORKER`,
  min: 13,
  max: 30,
  cut: 'middle',
  cell: ({ worker }) => worker,
  sort: ({ worker }) => worker,
}

export const BYTES: TaskColumn = {
  id: 'bytes',
  title: say`BYTES`,
  min: 5,
  align: 'right',
  spare: 5,
  cell: ({ payloadBytes }) => (payloadBytes === undefined ? say`-` : bytes(payloadBytes)),
  sort: ({ payloadBytes }) => payloadBytes ?? 0,
}

/** How long ago something was, at the right edge. */
const agoColumn = (id: string, title: Safe, of: (row: TaskRow) => number | undefined): TaskColumn => ({
  id,
  title,
  min: 6,
  align: 'right',
  cell: (row, scene) => ago(scene, of(row)),
  sort: (row) => of(row) ?? 0,
})

export const DIED: TaskColumn = agoColumn('failed', say`DIED`, ({ endedAtMs }) => endedAtMs)
export const ENDED: TaskColumn = agoColumn('ended', say`ENDED`, ({ endedAtMs }) => endedAtMs)
export const CREATED: TaskColumn = agoColumn('created', say`AGE`, ({ createdAtMs }) => createdAtMs)

function dueIn({ dueAtMs }: TaskRow, scene: Scene): Span {
  if (dueAtMs === undefined) return span(say`-`)
  if (!scene.isFresh) return span(say`?`, 'dim')
  const leftMs = dueAtMs - scene.redisNowMs
  return leftMs < -1000 ? span(say`LATE ${duration(-leftMs)}`, 'bad') : span(duration(leftMs))
}

export const DUE: TaskColumn = {
  id: 'due',
  title: say`DUE IN`,
  min: 9,
  align: 'right',
  cell: dueIn,
  sort: ({ dueAtMs }) => -(dueAtMs ?? 0),
}

export const LEFT: TaskColumn = {
  id: 'left',
  title: say`LEFT`,
  min: 7,
  align: 'right',
  cell: ({ expiresAtMs, leaseMs }, scene) =>
    expiresAtMs === undefined ? say`-` : leaseLeft({ expiresAtMs, leaseMs }, scene),
  sort: ({ expiresAtMs }) => -(expiresAtMs ?? 0),
}

/** More about the task under the cursor, whatever its state. */
export function taskDetail(row: TaskRow, scene: Scene): { title: Safe; lines: readonly Line[] } {
  const bytesText = row.payloadBytes === undefined ? say`` : say`, payload of ${bytes(row.payloadBytes)} bytes`
  const error = row.message === '' && row.reason === '' ? [] : [line(say` ${row.reason}: `, span(row.message, 'bad'))]
  const when =
    row.endedAtMs === undefined
      ? say` enqueued ${ago(scene, row.createdAtMs)} ago`
      : row.state === 'dead'
        ? say` died ${ago(scene, row.endedAtMs)} ago`
        : say` ended ${ago(scene, row.endedAtMs)} ago`
  return {
    title: say`Selected ${row.id}`,
    lines: [
      line(say` ${row.type} of ${row.queue}, priority ${row.priority}, ${row.state}, tries ${row.tries}${bytesText}`),
      ...error,
      line(span(say`${when}   Enter shows payload, attempts and stack`, 'dim')),
    ],
  }
}
