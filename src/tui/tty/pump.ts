/** What the pump needs of its surroundings. */
export interface PumpOptions<F> {
  /** Draws the present state; gives back `before` when nothing is different. */
  readonly draw: (before: F | undefined) => F
  /** Resolves when what was published last has reached the terminal. */
  readonly flushed: () => Promise<void>
  /** Least time between two frames, ms. */
  readonly restMs: number
}

/**
 * Publishes a frame when the state has changed and the last one has reached the terminal: over a stalled link nothing
 * piles up, and the first frame afterwards is of now.
 */
export class Pump<F> {
  readonly #options: PumpOptions<F>
  readonly #listeners = new Set<() => void>()
  #frame: F
  #isDirty = false
  #isBusy = false
  #isStopped = false

  constructor(options: PumpOptions<F>) {
    this.#options = options
    this.#frame = options.draw(undefined)
  }

  readonly frame = (): F => this.#frame

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  get isIdle(): boolean {
    return !this.#isBusy
  }

  /** The state is another one. */
  readonly touch = (): void => {
    this.#isDirty = true
    if (!this.#isBusy) void this.#pump()
  }

  /** Publishes the present state at once, whatever is still on its way: the terminal is another one now. */
  readonly now = (): void => {
    const next = this.#options.draw(this.#frame)
    if (next !== this.#frame) this.#publish(next)
  }

  stop(): void {
    this.#isStopped = true
  }

  #publish(frame: F): void {
    this.#frame = frame
    for (const listener of this.#listeners) listener()
  }

  async #pump(): Promise<void> {
    this.#isBusy = true
    while (this.#isDirty && !this.#isStopped) {
      this.#isDirty = false
      const next = this.#options.draw(this.#frame)
      if (next === this.#frame) continue
      this.#publish(next)
      const rest = new Promise((resolve) => setTimeout(resolve, this.#options.restMs))
      await this.#options.flushed()
      await rest
    }
    this.#isBusy = false
  }
}
