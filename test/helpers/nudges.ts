import type { TestQueue } from './engine.ts'

/** What is told, while `work` runs, to schedulers that sleep until the next due time. */
export async function nudgesOf(q: TestQueue, work: () => Promise<unknown>): Promise<number[]> {
  const listener = q.redis.duplicate()
  const heard: string[] = []
  try {
    await new Promise<void>((resolve, reject) => {
      listener
        .subscribe([q.keys.wake], (_, message) => (message === 'end' ? resolve() : heard.push(message)))
        .then(work)
        .then(() => q.raw.publish(q.keys.wake, 'end'))
        .catch(reject)
    })
  } finally {
    await listener.close()
  }
  return heard.map(Number)
}
