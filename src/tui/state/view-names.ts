import { type Safe, say } from '../text/safe.ts'

/** The views, in the order of their number keys; `short` is for narrow screens. */
export const VIEW_NAMES = {
  overview: { title: say`Overview`, short: say`Over` },
  queues: { title: say`Queues`, short: say`Queues` },
  leases: { title: say`Leases`, short: say`Leases` },
  dlq: { title: say`DLQ`, short: say`DLQ` },
  workers: { title: say`Workers`, short: say`Work` },
  schedules: { title: say`Schedules`, short: say`Sched` },
} as const satisfies Record<string, { title: Safe; short: Safe }>

export type ViewId = keyof typeof VIEW_NAMES
export const VIEW_IDS = Object.keys(VIEW_NAMES) as readonly ViewId[]

/** The key that shows a view. */
export const numberOf = (view: ViewId): number => VIEW_IDS.indexOf(view) + 1
