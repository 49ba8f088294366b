import { COLOUR_LEVEL } from './colours.ts'
import { setImmediate as afterThisTurn } from 'node:timers/promises'
import { inspect } from 'node:util'
import stringWidth from 'string-width'
import { Console } from '../../../src/tui/app/console.ts'
import { type Frame, frameOf } from '../../../src/tui/app/frame.ts'
import { safeLine } from '../../../src/tui/text/safe.ts'
import { textOf } from '../../../src/tui/text/line.ts'
import { FrameOutput } from '../../../src/tui/tty/stdout.ts'
import { until } from '../../helpers/until.ts'
import { countedSource, surroundingsOf } from './real-source.ts'
import { paintedAnew, rowsOf } from './fuzz-paint.ts'
import { FakeTerminal } from './terminal.ts'

export interface RealOptions {
  readonly columns: number
  readonly rows: number
  readonly intervalMs: number
  readonly hasColours?: boolean
  readonly isAscii?: boolean
  readonly isReadOnly?: boolean
  readonly maxFps?: number
}

/** A size that is not passed. */
const MOST_COLUMNS = 300
const SETTLES_MS = 30_000
/** The terminal is lent and taken back in steps that nobody outside can see the end of. */
const LATE_MS = 2_000

function sizeProblem({ lines, columns, rows }: Frame, terminal: FakeTerminal): string | undefined {
  if (lines.length !== rows) return `a frame of ${lines.length} lines for ${rows} rows`
  const wide = lines.map(textOf).find((text) => stringWidth(text) > columns)
  if (wide !== undefined) return `a line of ${stringWidth(wide)} columns for ${columns}: ${wide}`
  const { columns: across, rows: down } = terminal.streams.stdout
  return across === columns && down === rows
    ? undefined
    : `a frame of ${columns}x${rows} for a terminal of ${across}x${down}`
}

/** The real console on a real Redis and a terminal in memory, with a clock that can be set. */
export class RealConsole {
  readonly terminal: FakeTerminal
  readonly console: Console
  readonly #source: ReturnType<typeof countedSource>
  readonly #style: { readonly hasColours: boolean; readonly isAscii: boolean }
  readonly #run: Promise<void>
  /** The last frame and what it looks like: many keys change nothing that is shown. */
  #painted: { readonly frame: Frame; readonly rows: readonly string[] } | undefined
  hasEnded = false
  /** What it ended with, when that was no quitting. */
  failure: unknown
  offsetMs = 0

  constructor(url: string, options: RealOptions) {
    const { columns, rows, intervalMs, maxFps, hasColours = true, isAscii = false, isReadOnly = false } = options
    if (process.env['FORCE_COLOR'] !== COLOUR_LEVEL) throw new Error('colours were decided before this module')
    this.terminal = new FakeTerminal(columns, rows)
    this.#source = countedSource(url)
    this.#style = { hasColours, isAscii }
    const { source } = this.#source
    this.console = new Console({
      source,
      terminal: { ...this.terminal.streams, stdout: new FrameOutput(this.terminal.streams.stdout).asStream() },
      about: { address: safeLine('prod-eu:6379'), namespace: safeLine('dq'), isReadOnly },
      intervalMs,
      ...this.#style,
      isIncremental: true,
      catchesPrints: false,
      stopProcess: this.#lent,
      surroundings: surroundingsOf(this.#lent),
      clock: { nowMs: () => Date.now() + this.offsetMs, steadyMs: () => performance.now() },
      ...(maxFps !== undefined && { maxFps }),
    })
    this.#run = this.#follow()
  }

  /** Somebody else has the terminal, and it gets another size meanwhile: nobody else may write to it. */
  readonly #lent = async (): Promise<void> => {
    await afterThisTurn()
    const { bytes } = this.terminal
    const { columns, rows } = this.terminal.streams.stdout
    this.terminal.resize(columns === MOST_COLUMNS ? columns - 1 : columns + 1, rows)
    await afterThisTurn()
    if (this.terminal.bytes !== bytes) this.failure = new Error('it wrote to a terminal that it had lent')
  }

  async #follow(): Promise<void> {
    try {
      await this.console.run()
    } catch (error) {
      this.failure = error
    } finally {
      this.hasEnded = true
    }
  }

  /** Until all that was set going is drawn; `isPatient` waits for what was asked of Redis, too. */
  async settled(isPatient: boolean): Promise<void> {
    const { store } = this.console
    await until(
      async () => {
        if (this.hasEnded) return true
        const { state } = store
        if (isPatient && this.#source.pending() > 0) return false
        const drawn = this.terminal.drawn()
        await drawn
        return this.console.isDrawn && store.state === state && this.terminal.drawn() === drawn
      },
      { timeoutMs: SETTLES_MS, everyMs: 0, what: 'the console to settle' },
    )
  }

  /** @returns how its screen differs from one that was painted anew; undefined: in nothing, or it has ended. */
  async difference(): Promise<string | undefined> {
    const deadlineMs = performance.now() + LATE_MS
    for (;;) {
      await this.settled(false)
      if (this.hasEnded) return undefined
      if (this.failure !== undefined) return inspect(this.failure)
      const frame = frameOf(this.console.store.state, this.#painted?.frame)
      const live = rowsOf(this.terminal)
      const problem = sizeProblem(frame, this.terminal)
      if (problem !== undefined) return problem
      if (this.#painted?.frame !== frame) this.#painted = { frame, rows: await paintedAnew(frame, this.#style) }
      const anew = this.#painted.rows
      const at = anew.findIndex((row, y) => row !== live[y])
      if (at === -1) return undefined
      if (performance.now() > deadlineMs)
        return `row ${at} of ${frame.columns}x${frame.rows}\n  painted anew: ${anew[at]}\n  on the screen: ${live[at]}`
    }
  }

  /** Ends it if it still runs. @returns what the terminal was not given back. */
  async ended(): Promise<string | undefined> {
    if (!this.hasEnded) this.console.quit()
    await this.#run
    await this.terminal.drawn()
    await this.#source.source.close()
    if (this.failure !== undefined) return `it ended with ${inspect(this.failure)}`
    const left = JSON.stringify(this.terminal.modes)
    const before = JSON.stringify(new FakeTerminal(1, 1).modes)
    return left === before ? undefined : `the terminal was left with ${left}, and not with ${before}`
  }
}
