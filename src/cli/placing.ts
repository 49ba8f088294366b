import type { Inspector } from '../core/inspector.ts'

const AT_ONCE = 16

/** Ids by the queue that has them; `unknown` are in none. */
export interface Placed {
  readonly byQueue: ReadonlyMap<string, readonly string[]>
  readonly unknown: readonly string[]
}

/** Finds the queue of each task; with `queue` nothing is looked up. The order of ids is kept within a queue. */
export async function placeTasks(
  inspector: Inspector,
  ids: readonly string[],
  queue: string | undefined,
): Promise<Placed> {
  const wanted = [...new Set(ids)]
  if (queue !== undefined) return { byQueue: new Map([[queue, wanted]]), unknown: [] }
  const byQueue = new Map<string, string[]>()
  const unknown: string[] = []
  for (let from = 0; from < wanted.length; from += AT_ONCE) {
    const part = wanted.slice(from, from + AT_ONCE)
    const names = await Promise.all(part.map((id) => inspector.queueOf(id)))
    part.forEach((id, i) => {
      const name = names[i]
      if (name === undefined) unknown.push(id)
      else if (byQueue.has(name)) byQueue.get(name)!.push(id)
      else byQueue.set(name, [id])
    })
  }
  return { byQueue, unknown }
}
