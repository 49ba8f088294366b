import { serving } from '../scale.ts'
import type { WorkerInfo } from '../task.ts'
import { type Cause, type Facts, isWaiting, type Reason } from './facts.ts'

const namesOf = (workers: readonly WorkerInfo[]): string[] => workers.map(({ id }) => id)
const sumOf = (workers: readonly WorkerInfo[], value: (worker: WorkerInfo) => number): number =>
  workers.reduce((sum, worker) => sum + value(worker), 0)

/** The live workers of its queue, as text. */
const ofQueue = (n: number, queue: string): string =>
  n === 1 ? `the live worker of queue ${queue}` : `the ${n} live workers of queue ${queue}`

function nobodyServes({ workers, queue: { name: queue } }: Facts): Reason | undefined {
  const alive = workers.filter(({ silent, slots }) => !silent && slots > 0)
  const there = alive.filter(({ queues }) => queues.includes(queue))
  if (there.length === 0) {
    const others = alive.length === 0 ? '' : '; those that live serve others'
    return {
      code: 'no_worker',
      text: `no live worker serves queue ${queue}${others}`,
      details: { queue, live: alive.length },
    }
  }
  if (serving(there, queue).length > 0) return undefined
  return {
    code: 'workers_quiet',
    text: `${ofQueue(there.length, queue)} ${there.length === 1 ? 'was' : 'were'} asked to claim nothing more`,
    details: { queue, workers: namesOf(there) },
  }
}

function nobodyCan({ workers, task: { type }, queue: { name: queue } }: Facts): Reason | undefined {
  const able = serving(workers, queue)
  const knowing = able.filter(({ types }) => types.includes(type))
  if (knowing.length === 0)
    return {
      code: 'type_unknown',
      text: `${ofQueue(able.length, queue)} ${able.length === 1 ? 'has' : 'have'} no handler for type ${type}`,
      details: { type, workers: namesOf(able) },
    }
  const slots = sumOf(knowing, (worker) => worker.slots)
  if (sumOf(knowing, ({ busy, slots: most }) => Math.min(busy, most)) < slots) return undefined
  return {
    code: 'slots_busy',
    text: `${slots === 1 ? 'the only slot' : `all ${slots} slots`} of the workers that can run it ${slots === 1 ? 'is' : 'are'} taken`,
    details: { slots, workers: namesOf(knowing) },
  }
}

/** Whoever could run it: nobody serves its queue, or knows its type, or has a free slot. */
export const workers: Cause = (facts) => {
  if (!isWaiting(facts)) return []
  const reason = nobodyServes(facts) ?? nobodyCan(facts)
  return reason === undefined ? [] : [reason]
}
