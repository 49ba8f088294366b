import type { Data } from '../source/data.ts'
import type { QueueTab } from '../state/tabs.ts'
import type { ViewId } from '../state/view-names.ts'
import type { Safe } from '../text/safe.ts'

/** Where Enter on a finding leads: a view and a row in it, a DLQ or a queue and what of it matches; or what to do. */
export type GoTo =
  | { readonly view: ViewId; readonly key?: string }
  | { readonly view: 'dlq'; readonly deadQueue: string; readonly filter: string }
  | { readonly view: 'queues'; readonly queue: string; readonly tab: QueueTab; readonly filter: string }
  | { readonly view: 'overview'; readonly remedy: Safe }

/** Something that somebody should look at, with where to look. */
export interface Finding {
  readonly key: string
  /** 3 needs hands now, 1 is good to know. */
  readonly severity: 1 | 2 | 3
  readonly text: Safe
  readonly goTo: GoTo
}

export type Rule = (data: Data, redisNowMs: number) => readonly Finding[]

/** A word of a filter that finds a text wherever it stands, without what has a meaning there. */
export const filterWord = (field: string, text: string): string => {
  const plain = text
    .split(/["|*^$\\…]/)[0]!
    .trim()
    .slice(0, 60)
  return plain === '' ? '' : `${field}"${plain}"`
}

/** As far as it is the same for all that died of it: ids and long numbers, which differ from task to task, may be anything. */
const causePattern = (message: string): string => {
  const plain = message
    .split(/["|*^$\\…]/)[0]!
    .trim()
    .slice(0, 60)
  return plain === '' ? '' : `err~"${plain.replaceAll(/[0-9a-f]{8,}|\d{4,}/gi, '*')}"`
}

/** A filter for tasks that died of the same. */
export const causeFilter = (type: string, message: string): string =>
  [filterWord('type:', type), causePattern(message)].filter((word) => word !== '').join(' ')
