import type { Safe } from '../text/safe.ts'
import type { Copied } from './copied.ts'
import { type Edit, EMPTY_EDIT } from './edit.ts'
import type { Steering } from './operation-plans.ts'
import type { ListId } from './view-names.ts'

/** A filter that is being typed. */
export interface FilterPrompt {
  readonly kind: 'filter'
  readonly list: ListId
  readonly edit: Edit
  readonly before: string
  /** Why what stands there is no filter. */
  readonly problem: Safe | undefined
  /** Which of the earlier ones stands there, counted back from the newest; 0: none of them. */
  readonly back: number
}

/** A command that is being typed. */
export interface CommandPrompt {
  readonly kind: 'command'
  readonly edit: Edit
  readonly problem: Safe | undefined
  readonly back: number
}

/** Everything that can be done here, looked for by a few letters. */
export interface PalettePrompt {
  readonly kind: 'palette'
  readonly edit: Edit
  readonly at: number
}

/** One key more: what is to be copied, or written to a file. */
export interface MenuPrompt {
  readonly kind: 'menu'
  readonly title: Safe
  readonly items: readonly { readonly key: string; readonly label: Safe; readonly effect: Copied }[]
}

/** Which of several bulk operations is meant. */
export interface OperationsPrompt {
  readonly kind: 'operations'
  readonly at: number
  readonly steering: Steering
}

/** What the tasks of a list died of, to choose one kind of them. */
export interface GroupsPrompt {
  readonly kind: 'groups'
  readonly at: number
}

export type Prompt = GroupsPrompt | OperationsPrompt | FilterPrompt | CommandPrompt | PalettePrompt | MenuPrompt

export const COMMAND: CommandPrompt = { kind: 'command', edit: EMPTY_EDIT, problem: undefined, back: 0 }
export const PALETTE: PalettePrompt = { kind: 'palette', edit: EMPTY_EDIT, at: 0 }
