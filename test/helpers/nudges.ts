import type { TestQueue } from './engine.ts'

/** What is said on a channel while `work` runs. */
export async function messagesOf(q: TestQueue, channel: string, work: () => Promise<unknown>): Promise<string[]> {
  const listener = q.redis.duplicate()
  const heard: string[] = []
  try {
    await new Promise<void>((resolve, reject) => {
      listener
        .subscribe([channel], (_, message) => (message === 'end' ? resolve() : heard.push(message)))
        .then(work)
        .then(() => q.raw.publish(channel, 'end'))
        .catch(reject)
    })
  } finally {
    await listener.close()
  }
  return heard
}

/** What is told, while `work` runs, to schedulers that sleep until the next due time. */
export const nudgesOf = async (q: TestQueue, work: () => Promise<unknown>): Promise<number[]> =>
  (await messagesOf(q, q.keys.wake, work)).map(Number)
