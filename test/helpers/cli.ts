import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { dq as run } from '../../src/cli/app.ts'
import { ROOT, spawnNode } from './process.ts'

export interface CliResult {
  readonly code: number | null
  /** What it printed, without the last line end. */
  readonly out: string
  readonly err: string
}

export interface CliOptions {
  /** What it finds on standard input; nothing unless given. */
  readonly input?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** As on a terminal of that width, where `input` is typed. */
  readonly columns?: number
}

export interface Place {
  readonly url: string
  readonly namespace: string
}

/** Collects what is written. */
function sink(columns: number | undefined): { stream: PassThrough; text: () => string } {
  const stream = new PassThrough()
  let text = ''
  stream.setEncoding('utf8').on('data', (part: string) => (text += part))
  if (columns !== undefined) Object.assign(stream, { isTTY: true, columns })
  return { stream, text: () => text.replace(/\n$/, '') }
}

/** Runs `dq` in this process on the given Redis: what it prints, and the exit code. */
export async function dq(place: Place, args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const { input = '', env = {}, columns } = options
  const out = sink(columns)
  const err = sink(columns)
  const typed = Object.assign(Readable.from(input === '' ? [] : [Buffer.from(input)]), { isTTY: columns !== undefined })
  const code = await run(args, {
    out: out.stream,
    err: err.stream,
    input: typed,
    env: { REDIS_URL: place.url, DQ_NAMESPACE: place.namespace, ...env },
    cwd: tmpdir(),
  })
  return { code, out: out.text(), err: err.text() }
}

/** The same with `--json`, and what it printed. @throws Error when it does not end with 0. */
export async function dqJson<T>(place: Place, args: readonly string[], options: CliOptions = {}): Promise<T> {
  const { code, out, err } = await dq(place, [...args, '--json'], options)
  if (code !== 0) throw new Error(`dq ${args.join(' ')} ended with ${code}: ${err}`)
  return JSON.parse(out) as T
}

/** Runs the program `dq` as a process of its own, without a terminal. @param options.root where its sources are; by default these. */
export async function dqProgram(
  place: Place,
  args: readonly string[],
  { input = '', env = {}, root = ROOT }: CliOptions & { readonly root?: string } = {},
) {
  const child = spawnNode(join(root, 'src', 'cli', 'main.ts'), {
    args,
    cwd: tmpdir(),
    env: { REDIS_URL: place.url, DQ_NAMESPACE: place.namespace, REDIS_PASSWORD: undefined, ...env },
  })
  if (input !== '') child.write(input)
  child.end()
  const { code } = await child.exit
  return { code, out: child.stdout.join('\n'), err: child.stderr.join('\n') }
}
