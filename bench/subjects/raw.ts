import { Redis } from 'ioredis'
import { type OpenSession, PAYLOAD } from './subject.ts'

/** Bare lists, with no guarantee of any kind: what Redis and its client can do at most. */
export const open: OpenSession = async ({ host, port }) => {
  const redis = new Redis({ host, port, protocol: 2, enableAutoPipelining: true })
  return {
    async enqueueMany(queue, count) {
      for (let left = count; left > 0; left -= 500) {
        const texts = Array.from({ length: Math.min(left, 500) }, () => JSON.stringify(PAYLOAD))
        await redis.lpush(queue, ...texts)
      }
    },
    async enqueueOne(queue) {
      await redis.lpush(queue, JSON.stringify(PAYLOAD))
    },
    async work(queue, { slots, handler, onDone }) {
      const run = async (text: string): Promise<void> => {
        JSON.parse(text)
        await handler()
        onDone()
      }
      const loop = async (): Promise<void> => {
        for (;;) {
          const texts = await redis.rpop(queue, slots)
          if (!texts) return
          await Promise.all(texts.map(run))
        }
      }
      void loop()
    },
    left: (queue) => redis.llen(queue),
  }
}
