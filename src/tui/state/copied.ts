import type { TaskRef } from '../source/source.ts'
import type { Safe } from '../text/safe.ts'
import type { ListId } from './view-names.ts'

/** What leaves the console by the clipboard, by a file, through a pager or an editor. */
export type Copied =
  | { readonly kind: 'copy'; readonly what: Safe; readonly text: string }
  /** Read anew: the screen has only what can be drawn of it. */
  | { readonly kind: 'copy-task'; readonly what: 'payload' | 'error' | 'json'; readonly ref: TaskRef }
  | {
      readonly kind: 'export'
      readonly format: 'jsonl' | 'csv'
      readonly list: ListId
      readonly heads: readonly Safe[]
      /** A row of cells each, as they are shown. */
      readonly cells: readonly (readonly Safe[])[]
      /** The tasks that the rows are; none when they are no tasks. */
      readonly refs: readonly TaskRef[]
    }
  /** The payload of a dead task, to be replayed with what becomes of it. */
  | { readonly kind: 'edit'; readonly ref: TaskRef }
  | { readonly kind: 'page'; readonly title: Safe; readonly lines: readonly Safe[] }
