import { type Filter, EVERYTHING, parseFilter } from '../../core/filter/filter.ts'
import { DqError, messageOf } from '../../core/errors.ts'
import { type Safe, safeLine, say } from '../text/safe.ts'

let last: { readonly text: string; readonly filter: Filter } | undefined

/** The filter that a text is; one that cannot be read lets everything through, but none is ever kept. */
export function filterOf(text: string): Filter {
  if (last?.text !== text) last = { text, filter: filterProblem(text) === undefined ? parseFilter(text) : EVERYTHING }
  return last.filter
}

/**
 * What is wrong with it, and the remedy; undefined: nothing.
 * @param hasPayloads the list that it is for knows payloads.
 */
export function filterProblem(text: string, hasPayloads = true): Safe | undefined {
  if (!hasPayloads && /(?:^|\s)["!]*payload\./i.test(text))
    return say`payloads are not read in this list: open the queue, tab active`
  try {
    parseFilter(text)
    return undefined
  } catch (error) {
    // The only thing that the parser throws; anything else is a fault of ours.
    if (!(error instanceof DqError)) throw error
    return safeLine(messageOf(error))
  }
}
