import { Client, type EncryptionOptions, Events, openRedis, Worker } from '../../dist/core/index.js'
import { PAYLOAD, type Session, type SessionOptions, TASK_TYPE } from './subject.ts'

/** The built library with its defaults; `keep: nothing` is its documented `resultTtlMs: 0`. */
export async function open({ host, port, keep }: SessionOptions, encryption?: EncryptionOptions): Promise<Session> {
  const redisUrl = `redis://${host}:${port}`
  const redis = openRedis({ url: redisUrl })
  await redis.ready()
  const client = new Client({ redis, encryption })
  return {
    async enqueueMany(queue, count) {
      const items = Array.from({ length: count }, () => ({ type: TASK_TYPE, payload: PAYLOAD, queue }))
      for (const result of await client.enqueueMany(items)) if ('error' in result) throw result.error
    },
    async enqueueOne(queue) {
      await client.enqueue(TASK_TYPE, PAYLOAD, { queue })
    },
    async work(queue, { slots, handler, onDone }) {
      const events = new Events()
      events.on('task.completed', onDone)
      const worker = new Worker({
        redisUrl,
        queues: [queue],
        concurrency: slots,
        tasks: { [TASK_TYPE]: handler },
        events,
        encryption,
        ...(keep === 'nothing' ? { resultTtlMs: 0 } : {}),
      })
      await worker.start()
    },
    async left(queue) {
      const [info] = await client.inspector.snapshot([queue])
      if (!info) return 0
      return Object.values(info.pending).reduce((sum, count) => sum + count, 0) + info.scheduled + info.active
    },
  }
}
