import { type Instance, type SuspendTerminal, render } from 'ink'
import type { ReactElement } from 'react'
import { COLOURS, MONO } from '../components/theme.ts'
import { Screen } from '../components/Screen.tsx'
import type { Effect } from '../keys/binding.ts'
import { type Clock, CLOCK } from '../source/clock.ts'
import { Poller } from '../source/poller.ts'
import type { ConsoleSource } from '../source/source.ts'
import { type About, type Size, openingState } from '../state/state.ts'
import { Pump } from '../tty/pump.ts'
import { type Frame, frameOf } from './frame.ts'
import { Runner } from './runner.ts'
import { Store } from './store.ts'
import { wantsOf } from './wants.ts'

/** A terminal, or what a test puts in its place. */
export interface Terminal {
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
}

export interface ConsoleOptions {
  readonly source: ConsoleSource
  readonly terminal: Terminal
  readonly about: About
  readonly intervalMs: number
  readonly hasColours: boolean
  readonly isAscii: boolean
  /** False repaints whole screens: for terminals that go wrong otherwise. */
  readonly isIncremental: boolean
  /** Keeps what others print from tearing the screen. */
  readonly catchesPrints: boolean
  /** Stops this process until it is brought back to the foreground. */
  readonly stopProcess: () => Promise<void>
  readonly clock?: Clock
}

const MAX_FPS = 15
/** After the data of a second has had its time to come, so that both make one frame. */
const TICK_OFFSET_MS = 300
const HOME_AND_ERASE = '\x1b[H\x1b[2J'

/** The console on a terminal: state, readings, changes and drawing, tied together. */
export class Console {
  readonly store: Store
  readonly poller: Poller
  readonly #options: ConsoleOptions
  readonly #runner: Runner
  readonly #pump: Pump<Frame>
  readonly #clock: Clock
  readonly #app: Instance
  #chunk = 0
  #suspend: SuspendTerminal | undefined
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
    })
    this.#pump = new Pump<Frame>({
      draw: (before) => frameOf(this.store.state, before),
      flushed: () => this.#app.waitUntilRenderFlush(),
      restMs: Math.ceil(1000 / MAX_FPS),
    })
    this.store.onEffect = (effect) => this.#carryOut(effect)
    this.store.subscribe(this.#pump.touch)
    this.#app = this.#mount()
  }

  #size(): Size {
    const { columns, rows } = this.#options.terminal.stdout
    return { columns: columns || 80, rows: rows || 24 }
  }

  #mount(): Instance {
    const app = render(this.#element(), {
      ...this.#options.terminal,
      alternateScreen: true,
      incrementalRendering: this.#options.isIncremental,
      maxFps: MAX_FPS,
      interactive: true,
      exitOnCtrlC: false,
      patchConsole: this.#options.catchesPrints,
    })
    // After Ink's own listener, which draws the old screen once more.
    this.#options.terminal.stdout.on('resize', this.#resized)
    return app
  }

  #element(): ReactElement {
    return (
      <Screen
        frame={this.#pump.frame}
        subscribe={this.#pump.subscribe}
        onKeys={this.#onKeys}
        onPaste={this.#onPaste}
        onMount={this.#onMount}
        theme={this.#options.hasColours ? COLOURS : MONO}
        isAscii={this.#options.isAscii}
      />
    )
  }

  /** Reads and draws until the operator quits. */
  async run(): Promise<void> {
    this.poller.start()
    this.#tick()
    try {
      await this.#app.waitUntilExit()
    } finally {
      this.#stop()
    }
  }

  /** Whether what is on the terminal is of the present state. */
  get isDrawn(): boolean {
    return this.#pump.isIdle
  }

  quit(): void {
    this.#app.unmount()
  }

  #stop(): void {
    clearTimeout(this.#ticker)
    this.poller.stop()
    this.#runner.stop()
    this.#pump.stop()
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
    for (const key of keys) this.store.send({ kind: 'key', key, chunk, atMs: this.#clock.nowMs() })
  }

  readonly #onPaste = (text: string): void => this.store.send({ kind: 'paste', text, atMs: this.#clock.nowMs() })

  readonly #onMount = (suspend: SuspendTerminal): void => {
    this.#suspend = suspend
  }

  readonly #resized = (): void => {
    this.store.send({ kind: 'resize', size: this.#size() })
    this.#repaint()
  }

  /** Forgets what is on the terminal: after a resize the differences no longer fit it. */
  #repaint(): void {
    this.#app.clear()
    this.#options.terminal.stdout.write(HOME_AND_ERASE)
    this.#pump.now()
    // Also when the frame is the same as before.
    this.#app.rerender(this.#element())
    void this.#app.waitUntilRenderFlush()
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
        void this.#suspend?.(() => this.#options.stopProcess()).then(() => this.poller.poke())
        return
      case 'stop-job':
        return this.#runner.stop()
      case 'run':
        void this.#runner.run(effect.plan)
        return
      case 'collect-purge':
        void this.#runner.collect(effect)
    }
  }
}
