import { type Safe, say } from '../text/safe.ts'

/** The views, in the order of their number keys; `short` is for narrow screens. */
export const VIEW_NAMES = {
  overview: { title: say`Overview`, short: say`Over` },
  queues: { title: say`Queues`, short: say`Queues` },
  leases: { title: say`Leases`, short: say`Leases` },
  dlq: { title: say`DLQ`, short: say`DLQ` },
  workers: { title: say`Workers`, short: say`Work` },
  schedules: { title: say`Schedules`, short: say`Sched` },
  delayed: { title: say`Delayed`, short: say`Delay` },
  activity: { title: say`Activity`, short: say`Act` },
} as const satisfies Record<string, { title: Safe; short: Safe }>

export type ViewId = keyof typeof VIEW_NAMES
export const VIEW_IDS = Object.keys(VIEW_NAMES) as readonly ViewId[]

/** Lists that lie on top of a view: one queue in detail, and the runs of a schedule. */
export const DETAIL_NAMES = {
  queue: { title: say`Queue`, short: say`Queue` },
  runs: { title: say`Runs`, short: say`Runs` },
} as const satisfies Record<string, { title: Safe; short: Safe }>

/** Everything that has a cursor of its own: the views, and the lists on top of them. */
export type ListId = ViewId | keyof typeof DETAIL_NAMES
export const LIST_NAMES: Readonly<Record<ListId, { title: Safe; short: Safe }>> = { ...VIEW_NAMES, ...DETAIL_NAMES }
export const LIST_IDS = Object.keys(LIST_NAMES) as readonly ListId[]

/** The key that shows a view. */
export const numberOf = (view: ViewId): number => VIEW_IDS.indexOf(view) + 1
