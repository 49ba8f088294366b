import type { Effect } from '../keys/binding.ts'
import type { State } from '../state/state.ts'
import { type Happening, reduce } from './reduce.ts'

/** The one place where the state of the console changes; outside React, so that input, readings and tests need none. */
export class Store {
  #state: State
  readonly #listeners = new Set<() => void>()
  #onEffect: (effect: Effect) => void = () => {}

  constructor(state: State) {
    this.#state = state
  }

  get state(): State {
    return this.#state
  }

  /** Who carries out effects; set once, before anything happens. */
  set onEffect(listener: (effect: Effect) => void) {
    this.#onEffect = listener
  }

  readonly send = (event: Happening): void => {
    const { state, effects } = reduce(this.#state, event)
    const isOther = state !== this.#state
    this.#state = state
    if (isOther) for (const listener of this.#listeners) listener()
    for (const effect of effects) this.#onEffect(effect)
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
