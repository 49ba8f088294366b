import { frameOf } from '../../../src/tui/app/frame.ts'
import { type Happening, reduce } from '../../../src/tui/app/reduce.ts'
import type { Effect } from '../../../src/tui/keys/binding.ts'
import type { State } from '../../../src/tui/state/state.ts'
import { textOf } from '../../../src/tui/text/line.ts'
import { stateOf } from './data.ts'
import { NOON } from './infos.ts'
import { wantsOf } from '../../../src/tui/app/wants.ts'
import { Reader } from '../../../src/tui/source/reader.ts'
import { sourceOf } from './source.ts'
import { type World, troubledWorld } from './world.ts'

/** The state of the console without a terminal: keys and data go in, state and effects come out. */
export class Driver {
  state: State
  readonly effects: Effect[] = []
  atMs = NOON
  #chunk = 0

  readonly world: World
  readonly #reader: Reader

  constructor(state: State, world: World) {
    this.state = state
    this.world = world
    this.#reader = new Reader(
      sourceOf(world, () => NOON),
      { nowMs: () => NOON, steadyMs: () => 0 },
    )
  }

  /** What the poller would read now. */
  async read(): Promise<void> {
    const { data } = this.state
    const update = await this.#reader.read(data, wantsOf(this.state))
    this.happen({ kind: 'data', atMs: this.atMs, data: { ...data, ...update, readAtMs: this.atMs } })
  }

  happen(event: Happening): void {
    const { state, effects } = reduce(this.state, event)
    this.state = state
    this.effects.push(...effects)
  }

  /** Keys pressed one after the other, slowly. */
  press(...keys: string[]): void {
    for (const key of keys) {
      this.atMs += 300
      this.soon(key, 0)
    }
  }

  /** A word, letter by letter. */
  type(word: string): void {
    this.press(...word.split(''))
  }

  /** What is typed behind a colon, and Enter. */
  command(text: string): void {
    this.press(':')
    this.type(text)
    this.press('Enter')
  }

  /** The screen as text, a line each. */
  screen(): string[] {
    return frameOf(this.state).lines.map((line) => textOf(line).trimEnd())
  }

  /** A key of its own, so many ms after the last one. */
  soon(key: string, ms: number): void {
    this.happen({ kind: 'key', key, chunk: ++this.#chunk, atMs: this.atMs + ms })
  }

  /** Keys that arrive at once. */
  burst(...keys: string[]): void {
    this.#chunk++
    for (const key of keys) this.happen({ kind: 'key', key, chunk: this.#chunk, atMs: this.atMs })
  }

  paste(text: string): void {
    this.happen({ kind: 'paste', text, atMs: this.atMs })
  }

  get kinds(): string[] {
    return this.effects.map(({ kind }) => kind)
  }

  /** What was confirmed. */
  get acts(): unknown[] {
    return this.effects.flatMap((effect) => (effect.kind === 'run' ? [effect.plan.act] : []))
  }

  get flash(): string | undefined {
    return this.state.ui.flash?.text
  }

  get plan() {
    return this.state.ui.dialog?.plan
  }

  /** A line of the box that asks. */
  fact(label: string): string | undefined {
    return this.plan?.facts.find(([name]) => name === label)?.[1]
  }
}

export async function drive(isReadOnly = false): Promise<Driver> {
  const world = troubledWorld()
  return new Driver(await stateOf(world, 80, 24, isReadOnly), world)
}
