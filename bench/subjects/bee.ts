import BeeQueue from 'bee-queue'
import { type OpenSession, PAYLOAD } from './subject.ts'

/** The settings its README gives for producers and workers that need no events: nothing stored, nothing published. */
export const open: OpenSession = async ({ host, port, keep }) => {
  const queues = new Map<string, BeeQueue>()
  const queueOf = async (name: string, isWorker: boolean): Promise<BeeQueue> => {
    const key = `${name} ${isWorker}`
    let queue = queues.get(key)
    if (queue === undefined) {
      queue = new BeeQueue(name, {
        redis: { host, port },
        isWorker,
        getEvents: false,
        sendEvents: false,
        storeJobs: false,
        activateDelayedJobs: false,
        removeOnSuccess: keep === 'nothing',
      })
      queues.set(key, queue)
      await queue.ready()
    }
    return queue
  }
  return {
    async enqueueMany(name, count) {
      const queue = await queueOf(name, false)
      const errors = await queue.saveAll(Array.from({ length: count }, () => queue.createJob(PAYLOAD)))
      for (const error of errors.values()) throw error
    },
    async enqueueOne(name) {
      const queue = await queueOf(name, false)
      await queue.createJob(PAYLOAD).save()
    },
    async work(name, { slots, handler, onDone }) {
      const queue = await queueOf(name, true)
      queue.on('succeeded', onDone)
      queue.on('error', (error) => {
        throw error
      })
      queue.process(slots, handler)
    },
    async left(name) {
      const queue = await queueOf(name, false)
      const { waiting, active, delayed } = await queue.checkHealth()
      return waiting + active + delayed
    },
  }
}
