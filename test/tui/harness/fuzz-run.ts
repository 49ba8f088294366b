import { inspect } from 'node:util'
import { bindingFor } from '../../../src/tui/keys/registry.ts'
import { layoutOf } from '../../../src/tui/state/layout.ts'
import { sceneOf } from '../../../src/tui/state/scene.ts'
import type { State } from '../../../src/tui/state/state.ts'
import { type Choices, choicesOf } from '../../chaos/lib/choices.ts'
import { until } from '../../helpers/until.ts'
import { type Input, isUnfinished, nextInput, shown } from './fuzz-inputs.ts'
import { FuzzWorld } from './fuzz-world.ts'
import { RealConsole } from './real-console.ts'

const LAST_INPUTS = 30
/** Frames follow each other as fast as they are drawn; one console in eight keeps the pace of an operator's. */
const FAST_FPS = 1_000
/** After so long Ink takes an Esc for a key and not for the beginning of one. */
const LONE_ESC_MS = 25
/** A question takes no answer in its first moments. */
const GUARD_MS = 300

export interface FuzzOptions {
  readonly url: string
  readonly seed: number
  /** Whichever comes first. */
  readonly steps: number
  readonly seconds: number
}

/** Random keys, pastes, noise and sizes for one console after another, and after each step what has to hold. */
export class FuzzRun {
  readonly #options: FuzzOptions
  readonly #choices: Choices
  readonly #world: FuzzWorld
  readonly #last: string[] = []
  readonly #accidents: unknown[] = []
  #top: RealConsole
  #size: readonly [columns: number, rows: number] = [80, 24]
  #steps = 0
  #consoles = 1

  constructor(options: FuzzOptions) {
    this.#options = options
    this.#choices = choicesOf(options.seed, 'keys')
    this.#world = new FuzzWorld(options.url, choicesOf(options.seed, 'world'))
    this.#top = this.#open()
  }

  #open(): RealConsole {
    const [columns, rows] = this.#size
    const { below } = this.#choices
    return new RealConsole(this.#options.url, {
      columns,
      rows,
      intervalMs: 30_000,
      hasColours: below(6) > 0,
      isAscii: below(6) === 0,
      isReadOnly: below(10) === 0,
      ...(below(8) > 0 && { maxFps: FAST_FPS }),
    })
  }

  /** @throws Error with the seed, the last inputs and how to do it again. */
  async run(): Promise<{ readonly steps: number; readonly consoles: number; readonly seconds: number }> {
    const { steps, seconds } = this.#options
    const begunMs = performance.now()
    const elapsed = (): number => (performance.now() - begunMs) / 1_000
    const note = (error: unknown): void => void this.#accidents.push(error)
    process.on('unhandledRejection', note).on('uncaughtException', note)
    try {
      await this.#world.fill()
      await this.#top.settled(true)
      while (this.#steps < steps && elapsed() < seconds) await this.#step()
      await this.#check(await this.#top.ended())
      return { steps: this.#steps, consoles: this.#consoles, seconds: Math.round(elapsed()) }
    } finally {
      process.off('unhandledRejection', note).off('uncaughtException', note)
      await this.#top.ended()
      await this.#world.close()
    }
  }

  async #step(): Promise<void> {
    this.#steps++
    const before = this.#top.console.store.state
    const input = nextInput(this.#choices, before)
    // A hasty one does not wait for Redis: readings and changes are under way when the next key comes.
    const isHasty = this.#choices.below(3) === 0
    this.#last.push(`${isHasty ? 'hasty ' : ''}${shown(input)}`)
    if (this.#last.length > LAST_INPUTS) this.#last.shift()
    try {
      await this.#apply(input)
      await this.#top.settled(!isHasty)
    } catch (error) {
      await this.#check(String(error))
    }
    if (!isHasty) await this.#check(silence(before, this.#top, input))
    await this.#check(await this.#top.difference())
    if (this.#top.hasEnded) await this.#again()
  }

  async #apply(input: Input): Promise<void> {
    const top = this.#top
    switch (input.kind) {
      case 'keys':
        if (top.console.store.state.ui.dialog !== undefined) top.offsetMs += GUARD_MS
        top.terminal.send(input.raw)
        if (isUnfinished(input.raw)) await after(LONE_ESC_MS)
        return
      case 'resize':
        this.#size = [input.columns, input.rows]
        top.terminal.resize(input.columns, input.rows)
        return
      case 'read':
        top.console.poller.poke()
        return
      case 'stir':
        return this.#world.stir()
      case 'clock':
        top.offsetMs = input.offsetMs
    }
  }

  /** The operator quit, and opens another one. */
  async #again(): Promise<void> {
    await this.#check(await this.#top.ended())
    this.#consoles++
    this.#top = this.#open()
    await this.#top.settled(true)
  }

  async #check(problem: string | undefined): Promise<void> {
    const [accident] = this.#accidents
    const fault = accident === undefined ? problem : `nobody caught ${inspect(accident)}`
    if (fault === undefined) return
    const { seed } = this.#options
    const again = `npm run fuzz -- --seed ${seed} --steps ${this.#steps}`
    throw new Error(
      `${fault}\nat step ${this.#steps} of seed ${seed}; the last inputs:\n${this.#last.join('\n')}\n${again}`,
    )
  }
}

const after = (ms: number): Promise<unknown> => {
  const untilMs = performance.now() + ms
  return until(() => performance.now() >= untilMs, { everyMs: 1 })
}

/** A key that changes something asks, refuses, or looks for what is meant: it is never without an answer. */
function silence(before: State, { console, hasEnded }: RealConsole, input: Input): string | undefined {
  if (hasEnded || input.kind !== 'keys' || input.key === undefined) return undefined
  const { dialog, prompt, size } = before.ui
  if (dialog !== undefined || prompt !== undefined || layoutOf(size).isTooSmall) return undefined
  if (bindingFor(sceneOf(before), input.key)?.isChange === undefined) return undefined
  const { ui } = console.store.state
  const isAnswered = [ui.dialog, ui.prompt, ui.flash, ui.job].some((one) => one !== undefined)
  return isAnswered ? undefined : `the key ${input.key} was pressed, and nothing was asked, said or looked for`
}
