import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Environment } from './sources.ts'

/** Longer paths of sockets are cut off by some system: macOS takes 103 bytes, Linux 107. */
const SOCKET_PATH_BYTES = 103

export interface EmbeddedPlaces {
  /** Holds the data, the log and the address file; stays when the server ends. */
  readonly folder: string
  /** Holds the socket: the folder itself unless its path is too long for one. */
  readonly socketFolder: string
  readonly socket: string
  /** One line: the URL of the server that was started last. */
  readonly addressFile: string
}

/** Where the embedded Redis of a namespace lives. Two programs with the same environment agree about it. */
export function embeddedPlaces(env: Environment, namespace: string): EmbeddedPlaces {
  const state = env['XDG_STATE_HOME'] || join(env['HOME'] || homedir(), '.local', 'state')
  const folder = join(state, 'distributedq', namespace)
  const short = createHash('sha256').update(folder).digest('hex').slice(0, 16)
  const fits = Buffer.byteLength(join(folder, 'redis.sock')) <= SOCKET_PATH_BYTES
  const socketFolder = fits ? folder : join(env['XDG_RUNTIME_DIR'] || tmpdir(), `dq-${short}`)
  return { folder, socketFolder, socket: join(socketFolder, 'redis.sock'), addressFile: join(folder, 'address') }
}

export const socketUrl = (socket: string): string => pathToFileURL(socket).href.replace(/^file:/, 'unix:')

export type ProbeAnswer =
  /** Nobody listens there. */
  | 'absent'
  /** Redis answers; it may still be loading its data. */
  | 'answers'
  /** Somebody listens and says nothing. */
  | 'silent'

const PROBE_MS = 1_000

/** One PING over a bare connection. */
export function probe(socket: string, timeoutMs: number = PROBE_MS): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const connection = connect(socket)
    let connected = false
    const end = (answer: ProbeAnswer): void => {
      connection.destroy()
      resolve(answer)
    }
    connection.setTimeout(timeoutMs, () => end(connected ? 'silent' : 'absent'))
    connection.on('connect', () => {
      connected = true
      connection.write('PING\r\n')
    })
    connection.on('data', () => end('answers'))
    connection.on('error', () => end(connected ? 'silent' : 'absent'))
    connection.on('close', () => end(connected ? 'silent' : 'absent'))
  })
}

/** The URL of a running embedded Redis of this namespace; undefined when there is none. */
export async function findEmbedded(env: Environment, namespace: string): Promise<string | undefined> {
  const { addressFile } = embeddedPlaces(env, namespace)
  let url: string
  try {
    url = readFileSync(addressFile, 'utf8').trim()
  } catch {
    return undefined // no daemon ever embedded a Redis here, or not for us to read
  }
  if (!URL.canParse(url)) return undefined
  const socket = decodeURIComponent(new URL(url).pathname)
  return (await probe(socket)) === 'answers' ? url : undefined
}
