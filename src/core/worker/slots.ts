import type { Running } from './running.ts'

/** The slots of a worker: what runs, and what no longer counts but keeps its slot. */
export class Slots {
  readonly size: number
  /** In no order. */
  readonly running: Running[] = []
  zombies = 0
  /** A suspect that runs with nothing beside it. */
  alone: Running | undefined
  #started = 0
  readonly #waiting: (() => void)[] = []

  constructor(size: number) {
    this.size = size
  }

  get busy(): number {
    return this.running.length + this.zombies
  }

  get free(): number {
    return this.size - this.busy
  }

  add(run: Running): void {
    run.order = this.#started++
    run.index = this.running.length
    this.running.push(run)
  }

  /** The handler goes on, but the task is settled. */
  toZombie(run: Running): void {
    run.phase = 'zombie'
    this.zombies++
    this.#leave(run)
  }

  toGivenBack(run: Running): void {
    run.phase = 'given_back'
    this.#leave(run)
  }

  /** The handler has ended. */
  end(run: Running): void {
    if (run.phase === 'zombie') this.zombies--
    else if (run.phase === 'running') this.#leave(run)
    run.phase = 'ended'
  }

  #leave(run: Running): void {
    const last = this.running.pop()!
    if (last !== run) {
      last.index = run.index
      this.running[run.index] = last
    }
    if (this.alone === run) this.alone = undefined
    if (this.running.length === 0) for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** Resolves once nothing runs; zombies do not count. */
  untilNothingRuns(): Promise<void> {
    if (this.running.length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}
