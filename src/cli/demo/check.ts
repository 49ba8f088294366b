import type { Client } from '../../core/client.ts'
import { totalOf } from '../../core/snapshot.ts'
import { plural } from '../text.ts'
import type { Planned } from './plan.ts'

const AT_ONCE = 50

export interface Sent extends Planned {
  readonly id: string
}

/** In words, what is not as planned. */
export async function wrongEnds(client: Client, sent: readonly Sent[]): Promise<string[]> {
  const problems: string[] = []
  for (let from = 0; from < sent.length; from += AT_ONCE) {
    const part = sent.slice(from, from + AT_ONCE)
    const found = await Promise.all(part.map(({ id, item }) => client.getTask(id, { queue: item.queue })))
    part.forEach(({ id, item, ends, attempts }, i) => {
      const { state = 'unknown', attempt = 0 } = found[i] ?? {}
      if (state !== ends) problems.push(`${item.type} ${id} is ${state} and should be ${ends}`)
      else if (attempt !== attempts) problems.push(`${item.type} ${id} took ${attempt} attempts, not ${attempts}`)
    })
  }
  return problems
}

/** The books of every queue, looked at task by task. */
export async function unbalanced(client: Client): Promise<{ problems: string[]; queues: number }> {
  const { inspector } = client
  const queues = await inspector.queueNames()
  const problems: string[] = []
  for (const queue of queues) {
    const { drift } = await inspector.verify(queue)
    const deep = await inspector.verifyDeep(queue)
    problems.push(...[...drift, ...deep.problems].map((problem) => `${queue}: ${problem}`))
  }
  return { problems, queues: queues.length }
}

/** What the counters of all queues say of one event, in all or for one type. */
export async function counted(client: Client, event: string, type?: string): Promise<number> {
  const queues = await client.inspector.snapshot()
  return queues.reduce(
    (sum, { counters }) => sum + (type === undefined ? totalOf(counters, event) : (counters[event]?.[type] ?? 0)),
    0,
  )
}

export interface Depths {
  readonly waiting: number
  readonly later: number
  readonly running: number
  readonly dead: number
}

export async function depths(client: Client): Promise<Depths> {
  const sum = { waiting: 0, later: 0, running: 0, dead: 0 }
  for (const { pending, scheduled, active, dead } of await client.inspector.snapshot()) {
    sum.waiting += pending.high + pending.default + pending.low
    sum.later += scheduled
    sum.running += active
    sum.dead += dead
  }
  return sum
}

export const depthsText = ({ waiting, later, running, dead }: Depths, completed: number): string =>
  `${waiting} waiting, ${running} running, ${later} for later, ${plural(completed, 'task')} completed, ${dead} dead`
