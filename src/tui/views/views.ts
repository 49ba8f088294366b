import type { ViewId } from '../state/state.ts'
import { dlq } from './dlq.ts'
import { leases } from './leases.ts'
import { overview } from './overview.ts'
import { queues } from './queues.ts'
import { schedules } from './schedules.ts'
import type { View } from './view.ts'
import { workers } from './workers.ts'

/** The views, in the order of their number keys. */
export const VIEWS: readonly View[] = [overview, queues, leases, dlq, workers, schedules]

export const viewOf = (id: ViewId): View => VIEWS.find((view) => view.id === id) ?? overview
