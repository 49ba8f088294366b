import { VIEW_IDS, type ViewId } from '../state/view-names.ts'
import { dlq } from './dlq.ts'
import { leases } from './leases.ts'
import { overview } from './overview.ts'
import { queues } from './queues.ts'
import { schedules } from './schedules.ts'
import type { View } from './view.ts'
import { workers } from './workers.ts'

const BY_ID: Readonly<Record<ViewId, View>> = { overview, queues, leases, dlq, workers, schedules }

/** The views, in the order of their number keys. */
export const VIEWS: readonly View[] = VIEW_IDS.map((id) => BY_ID[id])

export const viewOf = (id: ViewId): View => BY_ID[id]
