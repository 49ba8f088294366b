import type { Broker } from './broker.ts'
import type { EnqueueReply, NewTask } from './verbs.ts'

interface Waiting {
  readonly task: NewTask
  readonly resolve: (reply: EnqueueReply) => void
  readonly reject: (error: unknown) => void
}

/** Calls of one turn of the event loop leave as one: a hundred concurrent single enqueues cost about one script call. */
export class EnqueueBatcher {
  readonly #broker: Broker
  readonly #waiting = new Map<string, Waiting[]>()

  constructor(broker: Broker) {
    this.#broker = broker
  }

  enqueue(queue: string, task: NewTask): Promise<EnqueueReply> {
    return new Promise((resolve, reject) => {
      const waiting = { task, resolve, reject }
      const batch = this.#waiting.get(queue)
      if (batch) batch.push(waiting)
      else {
        this.#waiting.set(queue, [waiting])
        setImmediate(() => this.#flush(queue))
      }
    })
  }

  #flush(queue: string): void {
    const batch = this.#waiting.get(queue) ?? []
    this.#waiting.delete(queue)
    this.#broker
      .enqueue(
        queue,
        batch.map(({ task }) => task),
      )
      .then(
        (replies) => batch.forEach(({ resolve }, i) => resolve(replies[i]!)),
        (error: unknown) => {
          for (const { reject } of batch) reject(error)
        },
      )
  }
}
