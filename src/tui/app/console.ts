import type { Effect } from '../keys/binding.ts'
import { type Clock, CLOCK } from '../source/clock.ts'
import { Poller } from '../source/poller.ts'
import type { ConsoleSource } from '../source/source.ts'
import { type About, type Size, openingState } from '../state/state.ts'
import { withoutReading } from '../tty/stdin.ts'
import type { Surroundings } from '../tty/surroundings.ts'
import { Pump } from '../tty/pump.ts'
import type { Canvas, CanvasStyle } from './canvas.tsx'
import { type Frame, frameOf } from './frame.ts'
import { HandOut } from './hand-out.ts'
import { Runner } from './runner.ts'
import { Store } from './store.ts'
import { wantsOf } from './wants.ts'

export interface ConsoleOptions extends CanvasStyle {
  readonly source: ConsoleSource
  readonly about: About
  readonly intervalMs: number
  /** Stops this process until it is brought back to the foreground. */
  readonly stopProcess: () => Promise<void>
  readonly surroundings: Surroundings
  readonly clock?: Clock
  /** Frames a second at most; by default what a slow line takes. */
  readonly maxFps?: number
}

const MAX_FPS = 15
/** A Redis that takes longer is waited for in front of a screen that says so. */
const FIRST_READING_MS = 100
/** After the data of a second has had its time to come, so that both make one frame. */
const TICK_OFFSET_MS = 300

/** The console on a terminal: state, readings, changes and drawing, tied together. */
export class Console {
  readonly store: Store
  readonly poller: Poller
  readonly #options: ConsoleOptions
  readonly #runner: Runner
  readonly #handOut: HandOut
  readonly #clock: Clock
  #pump: Pump<Frame> | undefined
  #canvas: Canvas | undefined
  #chunk = 0
  #hasQuit = false
  #ticker: NodeJS.Timeout | undefined

  constructor(options: ConsoleOptions) {
    this.#options = options
    this.#clock = options.clock ?? CLOCK
    const { source } = options
    this.store = new Store(openingState(options.about, this.#size(), options.intervalMs, this.#clock.nowMs()))
    this.poller = new Poller({
      source,
      wants: () => wantsOf(this.store.state),
      before: () => this.store.state.data,
      publish: (data) => this.store.send({ kind: 'data', data, atMs: this.#clock.nowMs() }),
      intervalMs: () => this.store.state.ui.intervalMs,
      clock: this.#clock,
    })
    this.#runner = new Runner({
      source,
      store: this.store,
      onChanged: () => this.poller.poke(),
      nowMs: this.#clock.nowMs,
      surroundings: options.surroundings,
    })
    this.#handOut = this.#hands()
    this.store.onEffect = (effect) => this.#carryOut(effect)
  }

  #hands(): HandOut {
    const { source, surroundings, terminal } = this.#options
    return new HandOut({
      source,
      surroundings,
      store: this.store,
      nowMs: this.#clock.nowMs,
      write: (sequence) => void terminal.stdout.write(sequence),
      lend: async (work) => this.#canvas?.lend(() => withoutReading(terminal.stdin, work)),
    })
  }

  #size(): Size {
    const { columns, rows } = this.#options.terminal.stdout
    return { columns: columns || 80, rows: rows || 24 }
  }

  /** Reads and draws until the operator quits. */
  async run(): Promise<void> {
    this.poller.start()
    try {
      // Nothing else goes on while Ink is loaded: without this the first screen would have to be drawn twice.
      await this.#firstReading()
      const { Canvas } = await import('./canvas.tsx')
      if (this.#hasQuit) return
      // The terminal may be another size by now, and the clock another second.
      this.store.send({ kind: 'resize', size: this.#size() })
      this.#tick()
      await this.#draw(Canvas).closed()
    } finally {
      this.#stop()
    }
  }

  /** Resolves when Redis has answered, or has not for a moment. */
  #firstReading(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        stop()
        resolve()
      }
      const timer = setTimeout(done, FIRST_READING_MS)
      const stop = this.store.subscribe(done)
    })
  }

  #draw(On: typeof Canvas): Canvas {
    const { maxFps = MAX_FPS } = this.#options
    const pump = new Pump<Frame>({
      draw: (before) => frameOf(this.store.state, before),
      flushed: () => canvas.flushed(),
      restMs: Math.ceil(1000 / maxFps),
    })
    const canvas = new On({
      ...this.#options,
      maxFps,
      frame: pump.frame,
      subscribe: pump.subscribe,
      onKeys: this.#onKeys,
      onPaste: this.#onPaste,
    })
    this.#pump = pump
    this.#canvas = canvas
    this.store.subscribe(pump.touch)
    // After Ink's own listener, which draws the old screen once more.
    this.#options.terminal.stdout.on('resize', this.#resized)
    return canvas
  }

  /** Whether what is on the terminal is of the present state. */
  get isDrawn(): boolean {
    return this.#pump?.isIdle ?? false
  }

  quit(): void {
    this.#hasQuit = true
    this.#canvas?.close()
  }

  #stop(): void {
    clearTimeout(this.#ticker)
    this.poller.stop()
    this.#runner.close()
    this.#pump?.stop()
    this.#options.terminal.stdout.off('resize', this.#resized)
  }

  /** Ages and countdowns go on between readings. */
  #tick(): void {
    const nowMs = this.#clock.nowMs()
    this.#ticker = setTimeout(() => this.#tick(), 1000 - ((nowMs - TICK_OFFSET_MS) % 1000))
    this.store.send({ kind: 'tick', atMs: nowMs })
  }

  readonly #onKeys = (keys: readonly string[]): void => {
    const chunk = ++this.#chunk
    for (const key of keys) {
      // What was typed behind a `q` is for nobody.
      if (this.#hasQuit) return
      this.store.send({ kind: 'key', key, chunk, atMs: this.#clock.nowMs() })
    }
  }

  readonly #onPaste = (text: string): void => this.store.send({ kind: 'paste', text, atMs: this.#clock.nowMs() })

  readonly #resized = (): void => {
    this.store.send({ kind: 'resize', size: this.#size() })
    this.#repaint()
  }

  /** After a resize the differences no longer fit what is on the terminal. */
  #repaint(): void {
    // Drawing would take the terminal again that is being given back.
    if (this.#hasQuit) return
    this.#canvas?.repaint(() => this.#pump?.now())
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'quit':
        return this.quit()
      case 'refresh':
        return this.poller.poke()
      case 'repaint':
        return this.#repaint()
      case 'suspend':
        void this.#canvas?.lend(() => this.#options.stopProcess()).then(() => this.poller.poke())
        return
      case 'stop-job':
        return this.#runner.stop()
      case 'run':
        void this.#runner.run(effect.plan)
        return
      case 'dry-run':
        void this.#runner.dryRun(effect.plan)
        return
      case 'collect':
        void this.#runner.collect(effect)
        return
      case 'copy':
      case 'copy-task':
      case 'edit':
      case 'export':
      case 'page':
        void this.#handOut.run(effect)
    }
  }
}
