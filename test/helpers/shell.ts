import { type SpawnedNode, spawnNode } from './process.ts'
import { until } from './until.ts'

/** What pages show and no test runs: it changes the machine, or needs a terminal. */
const NOT_RUN = ['npm', 'git', 'cd', 'export', 'redis-server', 'dq-top']
/** Exit code of `dq` and `dq-daemon` for what no second try mends. */
const WRONG_USE = 2
const RUN = ['dq', 'dq-daemon', 'node']

export interface ShellOptions {
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** What `<id>` stands for. */
  readonly idOf: (command: string) => Promise<string>
}

export interface Shell {
  /** Runs the commands of a block, one after the other. @returns the lines they printed. @throws Error when one fails. */
  run(text: string): Promise<string[]>
  /** SIGTERM for what still runs in the background, the newest first. @throws Error for what does not end well. */
  end(): Promise<void>
}

/** Runs commands as they stand on a page. One that ends in ` &` is in the background as soon as it has printed a line. */
export function runShell({ cwd, env, idOf }: ShellOptions): Shell {
  const background: { command: string; process: SpawnedNode }[] = []
  const sh = (command: string): SpawnedNode => spawnNode('-c', { args: [command], node: 'sh', cwd, env })

  async function attempt(command: string): Promise<{ printed: readonly string[] } | { refused: string }> {
    const process = sh(command)
    process.end()
    const { code } = await process.exit
    const all = [...process.stdout, ...process.stderr].join('\n')
    if (code === WRONG_USE) return { refused: all }
    if (code === 0) return { printed: process.stdout }
    throw new Error(`it ended with ${code}:\n${all}`)
  }

  async function one(command: string): Promise<readonly string[]> {
    const [word = ''] = command.split(' ')
    if (NOT_RUN.includes(word)) return []
    if (!RUN.includes(word)) throw new Error(`no test knows how to run: ${command}`)
    if (command.endsWith(' &')) {
      const process = sh(`exec ${command.slice(0, -2)}`)
      background.push({ command, process })
      await process.waitForLine(/./)
      return []
    }
    // Who types is slower than a worker: what a command is about may still be under way.
    const ended = await until(() => attempt(command), { timeoutMs: 20_000, everyMs: 200, what: command })
    if ('refused' in ended) throw new Error(`${command} is not used as it has to be:\n${ended.refused}`)
    return ended.printed
  }

  return {
    async run(text) {
      const printed: string[] = []
      for (const line of text.replaceAll('\\\n', '').split('\n')) {
        const command = line.replace(/(^|\s+)#.*$/, '').trim()
        if (command === '') continue
        printed.push(...(await one(command.includes('<id>') ? command.replace('<id>', await idOf(command)) : command)))
      }
      return printed
    },
    async end() {
      for (const { command, process } of background.toReversed()) {
        process.kill('SIGTERM')
        const { code } = await process.exit
        if (code !== 0) throw new Error(`${command} ended with ${code}:\n${process.stderr.join('\n')}`)
      }
    },
  }
}
