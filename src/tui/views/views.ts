import { type ListId, VIEW_IDS } from '../state/view-names.ts'
import { activity } from './activity.ts'
import { delayed } from './delayed.ts'
import { dlq } from './dlq.ts'
import { leases } from './leases.ts'
import { overview } from './overview.ts'
import { queueDetail } from './queue.ts'
import { queues } from './queues.ts'
import { runs } from './runs.ts'
import { schedules } from './schedules.ts'
import type { View } from './view.ts'
import { workers } from './workers.ts'

const BY_ID: Readonly<Record<ListId, View>> = {
  overview,
  queues,
  leases,
  dlq,
  workers,
  schedules,
  delayed,
  activity,
  queue: queueDetail,
  runs,
}

/** The views, in the order of their number keys. */
export const VIEWS: readonly View[] = VIEW_IDS.map((id) => BY_ID[id])

export const viewOf = (id: ListId): View => BY_ID[id]
