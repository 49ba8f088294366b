import type { State } from '../../core/states.ts'
import { type Safe, say } from '../text/safe.ts'

/** What of one queue can be looked through, in the order of a task's life. */
export const QUEUE_TABS = {
  pending: { title: say`pending`, states: ['pending'] },
  delayed: { title: say`delayed`, states: ['scheduled', 'retrying'] },
  waiting: { title: say`waiting`, states: ['limited', 'blocked'] },
  active: { title: say`active`, states: ['active'] },
  completed: { title: say`finished`, states: ['completed', 'cancelled'] },
  dead: { title: say`dead`, states: ['dead'] },
} as const satisfies Record<string, { title: Safe; states: readonly State[] }>

export type QueueTab = keyof typeof QUEUE_TABS
export const TAB_IDS = Object.keys(QUEUE_TABS) as readonly QueueTab[]
