import type { Broker } from './broker.ts'
import { partwise } from './calls.ts'
import type { NewTaskItem } from './client.ts'
import type { DurableEnqueue } from './durability.ts'
import { isAwaited } from './durability-level.ts'
import { asDqError, type ItemResult, resultOrError } from './enqueue-result.ts'
import { DqError } from './errors.ts'
import type { FlowProducer } from './flow-producer.ts'
import type { Prepared } from './options.ts'
import type { Preparer } from './preparer.ts'
import type { EnqueueSpan } from './tracing.ts'
import type { NewTask } from './verbs.ts'

export interface EnqueueManyParts {
  readonly broker: Broker
  readonly durable: DurableEnqueue
  readonly flows: Pick<FlowProducer, 'enqueue'>
  readonly preparer: Preparer
  readonly register: (queue: string) => Promise<void>
}

/** One item of a batch, and where it stands there. */
interface Waiting {
  readonly at: number
  readonly prepared: Prepared
}

interface Answer {
  readonly at: number
  readonly result: ItemResult
}

/** Enqueues many tasks of any queues; each is its own matter. */
export class EnqueueMany {
  readonly #parts: EnqueueManyParts

  constructor(parts: EnqueueManyParts) {
    this.#parts = parts
  }

  /** See `Client.enqueueMany`. */
  async enqueue(items: readonly NewTaskItem[], span: EnqueueSpan | undefined): Promise<ItemResult[]> {
    const { preparer } = this.#parts
    const learned = await preparer.learnTypes(items)
    const results: ItemResult[] = Array.from({ length: items.length })
    const places = new Map<string, Waiting[]>()
    for (const [at, item] of items.entries()) {
      const prepared = preparer.prepareOrRefuse(item, learned.get(item.type), span?.traceparent)
      if (prepared instanceof DqError) {
        results[at] = { error: prepared }
        continue
      }
      const place = `${prepared.queue} ${prepared.task.durability ?? 'memory'}`
      const list = places.get(place)
      if (list === undefined) places.set(place, [{ at, prepared }])
      else list.push({ at, prepared })
    }
    for (const { at, result } of await this.#send([...places.values()])) results[at] = result
    span?.enqueued(
      Array.from(places.values(), ([first]) => first!.prepared.queue),
      results,
    )
    return results
  }

  #send(places: readonly (readonly Waiting[])[]): Promise<Answer[]> {
    const [free, bound] = [false, true].map((isBound) =>
      places
        .map((waiting) => waiting.filter(({ prepared }) => (prepared.task.edges !== undefined) === isBound))
        .filter((part) => part.length > 0),
    ) as [Waiting[][], Waiting[][]]
    // First what depends on nothing: others may depend on it, also from another queue.
    const first = new Map(free.map((part) => [part, this.#sendFree(part)]))
    const allFirst = Promise.allSettled(first.values())
    // Of several queues one may fail by itself.
    return partwise(
      [...free, ...bound],
      (part) => first.get(part) ?? allFirst.then(() => this.#sendBound(part)),
      ({ at }, error) => ({ at, result: { error: asDqError(error) } }),
    )
  }

  /** Tasks of one queue that depend on nothing, and are to be equally durable. */
  async #sendFree(waiting: readonly Waiting[]): Promise<Answer[]> {
    const { broker, durable, register } = this.#parts
    const { queue, task } = waiting[0]!.prepared
    await register(queue)
    const how = isAwaited(task.durability) ? durable.at(task.durability) : broker
    const replies = await how.enqueue(queue, waiting.map(taskOf))
    return waiting.map(({ at, prepared }, i) => ({ at, result: resultOrError(prepared.task.id, replies[i]!) }))
  }

  async #sendBound(waiting: readonly Waiting[]): Promise<Answer[]> {
    const { queue } = waiting[0]!.prepared
    await this.#parts.register(queue)
    const results = await this.#parts.flows.enqueue(queue, waiting.map(taskOf))
    return waiting.map(({ at }, i) => ({ at, result: results[i]! }))
  }
}

const taskOf = ({ prepared }: Waiting): NewTask => prepared.task
