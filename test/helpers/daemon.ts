import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import { Client } from '../../src/core/index.ts'
import { type Exit, ROOT, type SpawnedNode, spawnNode } from './process.ts'
import { sharedRedis } from './redis.ts'
import { until } from './until.ts'

/** The same file of every version. */
const FIXTURE = join('test', 'fixtures', 'handlers.ts')
export const HANDLERS = join(ROOT, FIXTURE)

const SOURCE = join('src', 'daemon', 'main.ts')
/** `DQ_TEST_BUILT=1`: the built program, as it is installed. */
const MAIN = process.env['DQ_TEST_BUILT'] === '1' ? join('bin', 'dq-daemon.js') : SOURCE

/** Spares each of many short processes the work of the one before. */
const CACHE = { NODE_COMPILE_CACHE: join(ROOT, 'node_modules', '.cache', 'compiled') }

/** Nothing of the environment of the tests may reach a daemon. */
const CLEAN = Object.fromEntries(
  Object.keys(process.env)
    .filter((name) =>
      /^(DQ_|REDIS_|API_|METRICS_|WORKER_|LEASE_|REAPER_|DISPATCHER_|IDEMPOTENCY_|LOG_|QUEUE_NAME|NOTIFY_|XDG_)/.test(
        name,
      ),
    )
    .map((name) => [name, undefined]),
)

export interface DaemonOptions {
  /** Without it the daemon is left to its own defaults. */
  redisUrl?: string
  namespace?: string
  args?: readonly string[]
  env?: Readonly<Record<string, string | undefined>>
  cwd?: string
  /** Where the sources are: by default these. */
  root?: string
}

/** Runs `dq-daemon` with these arguments in an empty folder; the folder goes when the test ends. */
export function dqDaemon(
  args: readonly string[],
  { env = {}, cwd, root = ROOT }: Pick<DaemonOptions, 'env' | 'cwd' | 'root'> = {},
): SpawnedNode {
  const folder = cwd ?? mkdtempSync(join(tmpdir(), 'dq-daemon-'))
  const child = spawnNode(join(root, root === ROOT ? MAIN : SOURCE), {
    args,
    env: { ...CLEAN, ...CACHE, ...env },
    cwd: folder,
  })
  if (cwd === undefined) void child.exit.then(() => rmSync(folder, { recursive: true, force: true }))
  return child
}

export interface Ended {
  readonly code: number | null
  readonly stderr: string
  /** Messages of log lines that say that something is wrong. */
  readonly complaints: readonly string[]
  readonly stdout: readonly string[]
}

/** Runs `dq-daemon` until it ends by itself. */
export async function runToEnd(
  args: readonly string[],
  env: Record<string, string> = {},
  cwd?: string,
): Promise<Ended> {
  const child = dqDaemon(args, { env, ...(cwd === undefined ? {} : { cwd }) })
  const { code } = await child.exit
  const complaints = child.stdout
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { level: string; msg: string })
    .filter(({ level }) => level === 'error')
    .map(({ msg }) => msg)
  return { code, stderr: child.stderr.join('\n'), complaints, stdout: child.stdout }
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  /** The text as JSON; undefined when it is none. */
  readonly json: unknown
}

/** The id in a reply that has one. */
export const idOf = ({ json, text }: Reply): string => {
  const { id } = (json ?? {}) as { id?: unknown }
  if (typeof id === 'string') return id
  throw new Error(`no id in ${text}`)
}

export interface CallOptions {
  /** Sent as JSON, unless it is text, which is sent as it is. */
  body?: unknown
  headers?: Readonly<Record<string, string>>
}

/** One HTTP request over a connection of its own; any header can be set. */
export function call(
  base: string,
  method: string,
  path: string,
  { body, headers = {} }: CallOptions = {},
): Promise<Reply> {
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
  const type: Record<string, string> = text === undefined ? {} : { 'content-type': 'application/json' }
  return new Promise((resolve, reject) => {
    const asked = request(new URL(path, base), { method, headers: { ...type, ...headers }, agent: false })
    asked.on('error', reject)
    asked.on('response', (response) => {
      let received = ''
      response.setEncoding('utf8').on('data', (part: string) => (received += part))
      response.on('end', () => {
        const isJson = response.headers['content-type']?.startsWith('application/json') === true && received !== ''
        const json: unknown = isJson ? JSON.parse(received) : undefined
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: received, json })
      })
    })
    asked.end(text)
  })
}

export interface RunningDaemon {
  readonly process: SpawnedNode
  readonly id: string
  readonly api: string
  readonly metrics: string
  readonly call: (method: string, path: string, options?: CallOptions) => Promise<Reply>
  /** SIGTERM. */
  readonly stop: () => Promise<Exit>
}

/** Starts a daemon on free ports; resolves once it works. It is ended with the test, unless it ended before. */
export async function startDaemon({
  redisUrl,
  namespace,
  args = [],
  env = {},
  cwd,
  root = ROOT,
}: DaemonOptions): Promise<RunningDaemon> {
  const where = ['--api-addr', '127.0.0.1:0', '--metrics-addr', '127.0.0.1:0', '--handlers']
  const shared = [
    ...(redisUrl === undefined ? [] : ['--redis-url', redisUrl]),
    ...(namespace === undefined ? [] : ['--namespace', namespace]),
  ]
  const child = dqDaemon([...where, join(root, FIXTURE), ...shared, ...args], {
    env,
    root,
    ...(cwd === undefined ? {} : { cwd }),
  })
  const [, line = ''] = await child.waitForLine(/^(\{.*"daemon\.starting".*\})$/, { timeoutMs: 20_000 })
  const { id, api, metrics } = JSON.parse(line) as { id: string; api: string; metrics: string }
  await child.waitForLine(/"daemon\.started"/, { timeoutMs: 20_000 })
  return {
    process: child,
    id,
    api: `http://${api}`,
    metrics: `http://${metrics}`,
    call: (method, path, options) => call(`http://${api}`, method, path, options),
    async stop() {
      child.kill('SIGTERM')
      return child.exit
    },
  }
}

/** The same for the length of one test. */
export async function aDaemon(options: DaemonOptions): Promise<RunningDaemon> {
  const daemon = await startDaemon(options)
  onTestFinished(async () => {
    daemon.process.kill('SIGKILL')
    await daemon.process.exit
  })
  return daemon
}

export interface SharedDaemon {
  readonly id: () => string
  readonly call: (method: string, path: string, options?: CallOptions) => Promise<Reply>
  readonly post: (path: string, body?: unknown) => Promise<Reply>
  readonly get: (path: string) => Promise<Reply>
  readonly untilState: (id: string, state: string) => Promise<unknown>
}

/** One daemon for all tests of a file; at its end every id is in exactly one place. */
export function sharedDaemon(args: readonly string[]): SharedDaemon {
  let daemon: RunningDaemon
  let client: Client
  beforeAll(async () => {
    const { url, namespace } = await sharedRedis()
    daemon = await startDaemon({ redisUrl: url, namespace, args })
    client = new Client({ redisUrl: url, namespace })
  })
  afterAll(async () => {
    await daemon.stop()
    for (const queue of await client.inspector.queueNames())
      expect(await client.inspector.verifyDeep(queue)).toMatchObject({ ok: true, problems: [] })
    await client.close()
  })
  return {
    id: () => daemon.id,
    call: (method, path, options) => daemon.call(method, path, options),
    post: (path, body) => daemon.call('POST', path, { body }),
    get: (path) => daemon.call('GET', path),
    untilState: (id, state) =>
      until(async () => (await client.getTask(id))?.state === state, { what: `${id} to be ${state}` }),
  }
}
