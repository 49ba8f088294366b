import type { Priority } from '../../src/core/priority.ts'
import type { NewTask } from '../../src/core/verbs.ts'

/** A task as a sequence of commands describes it. */
export interface NewItem {
  /** 0 to 5: an id that the caller chose; more: a generated one. */
  readonly id: number
  readonly priority: Priority
  readonly when: NewTask['when']
  readonly timeMs: number
  /** 0 and 1 are keys, more is none. */
  readonly key: number
  /** 0 and 1 are unique; with `replaces` a later one replaces it. More is none. */
  readonly unique: number
  readonly replaces: boolean
  readonly payload: number
}
