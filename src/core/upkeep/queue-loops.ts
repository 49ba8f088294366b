import { type Component, type Turns, worstOf } from './component.ts'
import type { Loop } from './loop.ts'
import type { QueueSet } from './queue-set.ts'

/** One loop for each queue there is and will be, so that a queue that is broken holds up no other. */
export class QueueLoops implements Component {
  readonly name: string
  readonly #loops: Loop[] = []
  #started = false
  #stopped = false

  constructor(name: string, queues: QueueSet, make: (queue: string) => Loop) {
    this.name = name
    queues.onQueue((queue) => {
      const loop = make(queue)
      this.#loops.push(loop)
      if (this.#started && !this.#stopped) void loop.start()
    })
  }

  async start(): Promise<void> {
    if (this.#stopped) return
    this.#started = true
    for (const loop of this.#loops) await loop.start()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#loops.map((loop) => loop.stop()))
  }

  readonly turns = (): Turns => worstOf(this.#loops.map((loop) => loop.turns()))
}
