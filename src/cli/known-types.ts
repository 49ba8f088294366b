import { DqError } from '../core/errors.ts'
import type { Inspector } from '../core/inspector.ts'
import { suggest } from './suggest.ts'
import { plural } from './text.ts'

const NAMED = 5

/**
 * Types that somebody can run: those of live workers, and those registered by a worker that is not in the list. Such a
 * one may run without upkeep and give no signs of life, so it counts as alive.
 */
async function runnable(inspector: Inspector): Promise<ReadonlySet<string>> {
  const [workers, registered] = await Promise.all([inspector.workers(), inspector.types()])
  const listed = new Set(workers.map(({ id }) => id))
  const live = workers.filter(({ silent }) => !silent).flatMap(({ types }) => types)
  const embedded = registered.flatMap(({ type, worker }) => (worker === undefined || listed.has(worker) ? [] : [type]))
  return new Set([...live, ...embedded])
}

/** A user who may enqueue need not be one who may look: what was done is done, and nothing is said of it. */
async function runnableIfAllowed(inspector: Inspector): Promise<ReadonlySet<string> | undefined> {
  try {
    return await runnable(inspector)
  } catch (error) {
    if (error instanceof DqError && error.code === 'credentials') return undefined
    throw error
  }
}

/** What to say about types that no live worker has a handler for; undefined when there is nothing to say. */
export async function unknownTypes(inspector: Inspector, types: Iterable<string>): Promise<string | undefined> {
  const wanted = [...new Set(types)]
  if (wanted.length === 0) return undefined
  const known = await runnableIfAllowed(inspector)
  if (known === undefined) return undefined
  if (known.size === 0) return 'warning: no worker is running; the tasks wait until one is'
  const strangers = wanted.filter((type) => !known.has(type))
  if (strangers.length === 0) return undefined
  const hint = strangers.length === 1 ? suggest(strangers[0]!, [...known]) : ''
  const more = strangers.length > NAMED ? ` and ${plural(strangers.length - NAMED, 'other')}` : ''
  return `warning: no live worker has a handler for ${strangers.slice(0, NAMED).join(', ')}${more}${hint}`
}
