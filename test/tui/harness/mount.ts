import { COLOUR_LEVEL } from './colours.ts'
import { onTestFinished } from 'vitest'
import { Console } from '../../../src/tui/app/console.ts'
import type { TaskInfo } from '../../../src/core/task.ts'
import { safeLine } from '../../../src/tui/text/safe.ts'
import { FrameOutput } from '../../../src/tui/tty/stdout.ts'
import { until } from '../../helpers/until.ts'
import { FakeTerminal } from './terminal.ts'
import { sourceOf } from './source.ts'
import { NOON } from './infos.ts'
import { type World, troubledWorld } from './world.ts'

export interface MountOptions {
  readonly world?: World
  readonly columns?: number
  readonly rows?: number
  readonly isReadOnly?: boolean
  /** It is a context of this name, marked prod. */
  readonly prod?: string
  readonly isAscii?: boolean
  readonly hasColours?: boolean
  readonly intervalMs?: number
}

/** The real console on a terminal in memory, with a world in place of Redis and a clock that stands still. */
export class Mounted {
  readonly world: World
  readonly terminal: FakeTerminal
  readonly console: Console
  readonly source: ReturnType<typeof sourceOf>
  readonly ended: Promise<void>
  /** Ours; the world's stays at noon unless it is moved too. */
  nowMs = NOON
  suspensions = 0
  readonly saved: (readonly [name: string, text: string])[] = []
  readonly paged: string[] = []
  /** Files of tasks that were written before a purge. */
  readonly backups = new Map<string, readonly TaskInfo[]>()
  /** What the reader's editor makes of a text. */
  editor: (text: string) => { text: string; code: number } = (text) => ({ text, code: 0 })
  refusesFiles = false
  #steadyMs = 0

  constructor(options: MountOptions) {
    if (process.env['FORCE_COLOR'] !== COLOUR_LEVEL) throw new Error('colours were decided before this module')
    this.world = options.world ?? troubledWorld()
    this.terminal = new FakeTerminal(options.columns ?? 80, options.rows ?? 24)
    this.source = sourceOf(this.world, () => this.nowMs)
    this.console = new Console({
      source: this.source,
      terminal: { ...this.terminal.streams, stdout: new FrameOutput(this.terminal.streams.stdout).asStream() },
      about: {
        address: safeLine(this.source.address),
        namespace: safeLine('dq'),
        isReadOnly: options.isReadOnly ?? options.prod !== undefined,
        context: options.prod === undefined ? undefined : { name: safeLine(options.prod), isProd: true },
      },
      intervalMs: options.intervalMs ?? 30_000,
      hasColours: options.hasColours ?? true,
      isAscii: options.isAscii ?? false,
      isIncremental: true,
      catchesPrints: false,
      stopProcess: async () => void this.suspensions++,
      surroundings: {
        env: { TERM: 'xterm' },
        save: async (name, text) => {
          if (this.refusesFiles) throw new Error('EROFS: read-only file system')
          this.saved.push([name, text])
          return `/home/ops/${name}`
        },
        backup: async (name) => {
          if (this.refusesFiles) throw new Error('EROFS: read-only file system')
          const path = `/home/ops/${name}`
          const tasks: TaskInfo[] = []
          this.backups.set(path, tasks)
          return {
            path,
            get count() {
              return tasks.length
            },
            write: async (more) => void tasks.push(...more),
            close: async () => {},
          }
        },
        edit: async (text) => this.editor(text),
        page: async (text) => void this.paged.push(text),
      },
      clock: { nowMs: () => this.nowMs, steadyMs: () => (this.#steadyMs += 1.1) },
    })
    this.ended = this.console.run()
  }

  /** What is on the screen once everything that was set going has been drawn. */
  async settled(): Promise<string> {
    await until(() => this.console.isDrawn, { everyMs: 2, what: 'the frame to be drawn' })
    await this.terminal.drawn()
    return this.terminal.text()
  }

  async shows(pattern: RegExp | string): Promise<string> {
    return until(
      async () => {
        const text = await this.settled()
        const isThere = typeof pattern === 'string' ? text.includes(pattern) : pattern.test(text)
        if (!isThere) throw new Error(`not on the screen:\n${text}`)
        return text
      },
      { everyMs: 5, what: `the screen to show ${String(pattern)}` },
    )
  }

  /** Keys one after the other, each in a burst of its own; a question is given the time before which it takes none. */
  async press(...raws: string[]): Promise<string> {
    for (const raw of raws) {
      if (this.console.store.state.ui.dialog !== undefined) this.nowMs += 300
      const before = this.console.store.state
      this.terminal.send(KEYS[raw] ?? raw)
      // A lone Esc may be the beginning of a sequence: Ink waits a little for the rest.
      await until(() => this.console.store.state !== before, { everyMs: 2, what: `${raw} to be heard` })
      await this.settled()
    }
    return this.settled()
  }

  /** New data, as after the interval. */
  async refresh(): Promise<string> {
    const before = this.console.store.state.data
    this.console.poller.poke()
    await until(() => this.console.store.state.data !== before, { everyMs: 2, what: 'a reading' })
    return this.settled()
  }

  async resize(columns: number, rows: number): Promise<string> {
    this.terminal.resize(columns, rows)
    return this.settled()
  }

  async stop(): Promise<void> {
    this.console.quit()
    await this.ended
  }
}

const KEYS: Readonly<Record<string, string>> = {
  Enter: '\r',
  Esc: '\x1b',
  Tab: '\t',
  'S-Tab': '\x1b[Z',
  Down: '\x1b[B',
  Up: '\x1b[A',
  PageDown: '\x1b[6~',
  PageUp: '\x1b[5~',
  'C-c': '\x03',
  'C-d': '\x04',
  'C-l': '\x0c',
  'C-p': '\x10',
  'C-r': '\x12',
  'C-u': '\x15',
  'C-z': '\x1a',
}

/** Mounts the console and waits for its first data. It is taken down when the test ends. */
export async function mount(options: MountOptions = {}): Promise<Mounted> {
  const mounted = new Mounted(options)
  onTestFinished(() => mounted.stop())
  if (mounted.world.failure === undefined) await mounted.refresh()
  return mounted
}
