import { Queue, Worker } from 'bullmq'
import { HISTORY_COUNT, type OpenSession, PAYLOAD, TASK_TYPE } from './subject.ts'

/** `addBulk`, `removeOnComplete`, `concurrency`: what its guide advises for throughput; locks and stall checks stay on. */
export const open: OpenSession = async ({ host, port, keep }) => {
  const connection = { host, port }
  const opts = { removeOnComplete: keep === 'nothing' ? true : { count: HISTORY_COUNT } }
  const queues = new Map<string, Queue>()
  const queueOf = async (name: string): Promise<Queue> => {
    let queue = queues.get(name)
    if (queue === undefined) {
      queues.set(name, (queue = new Queue(name, { connection })))
      await queue.waitUntilReady()
    }
    return queue
  }
  return {
    async enqueueMany(name, count) {
      const queue = await queueOf(name)
      await queue.addBulk(Array.from({ length: count }, () => ({ name: TASK_TYPE, data: PAYLOAD, opts })))
    },
    async enqueueOne(name) {
      const queue = await queueOf(name)
      await queue.add(TASK_TYPE, PAYLOAD, opts)
    },
    async work(name, { slots, handler, onDone }) {
      const worker = new Worker(name, handler, { connection, concurrency: slots })
      worker.on('completed', onDone)
      worker.on('error', (error) => {
        throw error
      })
      await worker.waitUntilReady()
    },
    async left(name) {
      const queue = await queueOf(name)
      return queue.getJobCountByTypes('waiting', 'active', 'delayed', 'prioritized')
    },
  }
}
