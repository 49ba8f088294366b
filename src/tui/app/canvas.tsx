import { type Instance, type SuspendTerminal, render } from 'ink'
import type { ReactElement } from 'react'
import { Screen } from '../components/Screen.tsx'
import { COLOURS, MONO } from '../components/theme.ts'
import type { Frame } from './frame.ts'

/** A terminal, or what a test puts in its place. */
export interface Terminal {
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
}

/** How the terminal is drawn upon. */
export interface CanvasStyle {
  readonly terminal: Terminal
  readonly hasColours: boolean
  readonly isAscii: boolean
  /** False repaints whole screens: for terminals that go wrong otherwise. */
  readonly isIncremental: boolean
  /** Keeps what others print from tearing the screen. */
  readonly catchesPrints: boolean
}

export interface CanvasOptions extends CanvasStyle {
  readonly maxFps: number
  readonly frame: () => Frame
  readonly subscribe: (listener: () => void) => () => void
  readonly onKeys: (keys: readonly string[]) => void
  readonly onPaste: (text: string) => void
}

const HOME_AND_ERASE = '\x1b[H\x1b[2J'

/** The terminal while Ink has it. By itself, because Ink is most of the code there is to load. */
export class Canvas {
  readonly #options: CanvasOptions
  readonly #app: Instance
  #suspend: SuspendTerminal | undefined
  #isLent = false

  constructor(options: CanvasOptions) {
    this.#options = options
    this.#app = render(this.#element(), {
      ...options.terminal,
      alternateScreen: true,
      incrementalRendering: options.isIncremental,
      maxFps: options.maxFps,
      interactive: true,
      exitOnCtrlC: false,
      patchConsole: options.catchesPrints,
    })
  }

  #element(): ReactElement {
    const { frame, subscribe, onKeys, onPaste, hasColours, isAscii } = this.#options
    return (
      <Screen
        frame={frame}
        subscribe={subscribe}
        onKeys={onKeys}
        onPaste={onPaste}
        onMount={this.#onMount}
        theme={hasColours ? COLOURS : MONO}
        isAscii={isAscii}
      />
    )
  }

  readonly #onMount = (suspend: SuspendTerminal): void => {
    this.#suspend = suspend
  }

  /** Resolves when what was published last has reached the terminal. */
  flushed(): Promise<void> {
    return this.#app.waitUntilRenderFlush()
  }

  /** Forgets what is on the terminal, lets `draw` publish what should be there, and writes all of it. */
  repaint(draw: () => void): void {
    // Whoever has the terminal draws it; when it comes back all of it is drawn anyway.
    if (this.#isLent) return draw()
    this.#app.clear()
    this.#options.terminal.stdout.write(HOME_AND_ERASE)
    draw()
    // Also when the frame is the same as before.
    this.#app.rerender(this.#element())
    void this.#app.waitUntilRenderFlush()
  }

  /** Gives the terminal to `work` as it was before, and takes it back afterwards. It is lent to one at a time. */
  async lend(work: () => Promise<void>): Promise<void> {
    // Ctrl-z that was held down: the keys came before the terminal went.
    if (this.#isLent) return
    this.#isLent = true
    try {
      await this.#suspend?.(work)
    } finally {
      this.#isLent = false
    }
  }

  close(): void {
    this.#app.unmount()
  }

  async closed(): Promise<void> {
    await this.#app.waitUntilExit()
  }
}
