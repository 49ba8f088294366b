import type { Inspector } from '../inspector.ts'
import type { Check } from './check.ts'

/** Tasks of each queue that are looked at: those next to run. */
const LOOKED_AT = 100
const NAMED = 5

/** A worker that is not in the list may run without giving signs of life, so that it counts as alive. */
async function runnable(inspector: Inspector): Promise<ReadonlySet<string>> {
  const [workers, registered] = await Promise.all([inspector.workers(), inspector.types()])
  const listed = new Set(workers.map(({ id }) => id))
  const live = workers.filter(({ silent }) => !silent).flatMap(({ types }) => types)
  const others = registered.flatMap(({ type, worker }) => (worker === undefined || listed.has(worker) ? [] : [type]))
  return new Set([...live, ...others])
}

export const types: Check = {
  what: 'types',
  async look({ inspector }) {
    const queues = await inspector.queueNames()
    const [known, ...pages] = await Promise.all([
      runnable(inspector),
      ...queues.map((queue) => inspector.tasks(queue, 'pending', { limit: LOOKED_AT })),
    ])
    const waiting = new Set(pages.flatMap(({ items }) => items.map(({ type }) => type)))
    // Without a worker there is none that knows a type: that is told already.
    const strangers = known.size === 0 ? [] : [...waiting].filter((type) => !known.has(type))
    if (strangers.length === 0)
      return [
        {
          level: 'ok',
          text:
            known.size === 0 ? 'nobody runs who could know a type' : 'every type next to run is known to a live worker',
        },
      ]
    const named = strangers.slice(0, NAMED).join(', ')
    const text = `no live worker knows ${named}${strangers.length > NAMED ? `, and ${strangers.length - NAMED} more` : ''}`
    return [
      { level: 'warn', text, remedy: 'deploy a worker that has a handler for it, or correct the name at the producer' },
    ]
  },
}
