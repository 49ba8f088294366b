import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { endWithThisProcess } from '../../helpers/guard.ts'
import { NODE, ROOT } from '../../helpers/process.ts'
import { until } from '../../helpers/until.ts'

const PROMPT = 'shell> '
let servers = 0
/** A question ignores what comes sooner after it was asked. */
const GUARD_MS = 300

function isIn(text: string, pattern: RegExp | string): boolean {
  return typeof pattern === 'string' ? text.includes(pattern) : pattern.test(text)
}

/** A real terminal with a shell in it, on a tmux server of its own. */
export class Tmux {
  readonly #socket = `dq-test-${process.pid}-${++servers}`
  /** Where tmux puts its socket, which it leaves behind. */
  readonly #folder = mkdtempSync(join(tmpdir(), 'dq-tmux-'))
  readonly #release: () => void

  constructor(columns: number, rows: number) {
    const size = ['-x', String(columns), '-y', String(rows)]
    const env = { TERM: 'xterm-256color', LANG: 'C.UTF-8', PS1: PROMPT, ENV: '', PATH: process.env['PATH'] ?? '' }
    const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`)
    // What is written to the present folder goes with it.
    this.#run('new-session', '-d', ...size, '-c', this.#folder, '-s', 'top', '--', 'env', '-i', ...settings, 'sh', '-i')
    this.#run('set', '-g', 'status', 'off')
    this.#run('set', '-g', 'remain-on-exit', 'on')
    this.#release = endWithThisProcess(Number(this.#run('display', '-p', '#{pid}')), this.#folder)
  }

  #run(...args: readonly string[]): string {
    const env = { ...process.env, TMUX_TMPDIR: this.#folder }
    const all = ['-L', this.#socket, '-f', '/dev/null', ...args]
    return execFileSync('tmux', all, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] }).trimEnd()
  }

  screen(): string {
    return this.#run('capture-pane', '-p', '-t', 'top')
  }

  /** The same with the sequences of its styles. */
  styled(): string {
    return this.#run('capture-pane', '-p', '-e', '-t', 'top')
  }

  /** Names of keys as tmux has them: `Enter`, `Escape`, `C-z`. */
  keys(...names: readonly string[]): void {
    this.#run('send-keys', '-t', 'top', ...names)
  }

  /** Text, all of it at once. */
  type(text: string): void {
    this.#run('send-keys', '-t', 'top', '-l', '--', text)
  }

  paste(text: string): void {
    this.#run('set-buffer', '--', text)
    this.#run('paste-buffer', '-p', '-t', 'top')
  }

  resize(columns: number, rows: number): void {
    this.#run('resize-window', '-t', 'top', '-x', String(columns), '-y', String(rows))
  }

  /** `1 0` on the alternate screen with a hidden cursor, `0 1` in the shell. */
  modes(): string {
    return this.#run('display', '-p', '-t', 'top', '#{alternate_on} #{cursor_flag}')
  }

  async shows(pattern: RegExp | string, timeoutMs = 20_000): Promise<string> {
    const look = (): string | undefined => {
      const text = this.screen()
      if (!isIn(text, pattern)) throw new Error(`not on the screen:\n${text}`)
      return text
    }
    return until(look, { timeoutMs, everyMs: 50, what: `the terminal to show ${String(pattern)}` })
  }

  /**
   * Answers a question that is on the screen, as soon as it takes answers. Once: a second `y` would open a menu, and that
   * takes the next key.
   */
  async answers(key: string, pattern: RegExp | string): Promise<string> {
    const seenAtMs = performance.now()
    await until(() => performance.now() - seenAtMs > GUARD_MS, { what: 'the question to take answers' })
    if (isIn(this.screen(), pattern)) throw new Error(`${String(pattern)} is in the question: it tells of no answer`)
    this.keys(key)
    return this.shows(pattern)
  }

  async atPrompt(): Promise<string> {
    await until(() => this.modes() === '0 1', { everyMs: 50, what: 'the shell to have its terminal back' })
    return this.shows(/shell> *$/)
  }

  /** The id of the console that runs in this terminal. */
  pidOf(name: string): number {
    const panePid = this.#run('display', '-p', '-t', 'top', '#{pane_pid}')
    const children = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', panePid], { encoding: 'utf8' })
    const line = children.split('\n').find((text) => text.includes(name))
    return Number(line?.trim().split(' ')[0])
  }

  end(): void {
    this.#run('kill-server')
    this.#release()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** The built console, as it is installed. */
export const DQ_TOP = `${NODE} ${join(ROOT, 'bin', 'dq-top.js')}`

/** A terminal that is closed when the test ends. */
export async function aTerminal(columns = 80, rows = 24): Promise<Tmux> {
  const tmux = new Tmux(columns, rows)
  onTestFinished(() => tmux.end())
  await tmux.shows(PROMPT.trim())
  return tmux
}
