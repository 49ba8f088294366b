import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { AnswerReader, type HttpAnswer } from './answers.ts'
import type { Shot } from './shot.ts'

export interface Target {
  readonly host: string
  readonly port: number
}

/** Whoever is not answered by then is not answered. */
const PATIENCE_MS = 30_000

async function opened({ host, port }: Target): Promise<Socket> {
  const socket = connect({ host, port, allowHalfOpen: true })
  await once(socket, 'connect')
  // What is cut off in the middle is no news here: the answers tell.
  socket.on('error', () => socket.destroy())
  return socket
}

/** Sends one request after the other over one connection, and opens another when that one was ended. */
export class KeptConnection {
  readonly #target: Target
  #socket: Socket | undefined

  constructor(target: Target) {
    this.#target = target
  }

  /** @throws Error when there is no answer, or one that is none. */
  async ask(shot: Shot): Promise<HttpAnswer> {
    const isUsed = this.#socket !== undefined
    this.#socket ??= await opened(this.#target)
    const answer = await answered(this.#socket, shot)
    if (answer === undefined || answer.headers.get('connection') === 'close') this.close()
    if (answer !== undefined) return answer
    // An idle connection may end while the next request is on its way.
    if (isUsed) return this.ask(shot)
    throw new Error('there was no answer')
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }
}

function answered(socket: Socket, { bytes, asked }: Shot): Promise<HttpAnswer | undefined> {
  const reader = new AnswerReader()
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer | undefined>()
  const onData = (part: Buffer): void => {
    reader.push(part)
    try {
      const answer = reader.take(asked?.method === 'HEAD')
      if (answer === undefined) return
      // What could not be read as a request was no HEAD either.
      const isUnread = [400, 413].includes(answer.status) && answer.headers.get('connection') === 'close'
      if (reader.rest > 0 && !isUnread)
        throw new Error(`behind an answer ${answer.status} come ${reader.rest} bytes of no answer`)
      resolve(answer)
    } catch (error) {
      reject(error)
    }
  }
  const onEnd = (): void => resolve(undefined)
  const timer = setTimeout(() => reject(new Error(`there was no answer within ${PATIENCE_MS} ms`)), PATIENCE_MS)
  socket.on('data', onData).on('end', onEnd).on('close', onEnd)
  socket.write(bytes)
  return promise.finally(() => {
    clearTimeout(timer)
    socket.off('data', onData).off('end', onEnd).off('close', onEnd)
  })
}

/** Reads all answers until the connection ends. @throws Error when it does not, or what comes is no answer. */
async function everything(socket: Socket, withinMs: number): Promise<HttpAnswer[]> {
  const reader = new AnswerReader()
  socket.on('data', (part: Buffer) => reader.push(part))
  const timer = setTimeout(() => socket.destroy(new Error('late')), withinMs)
  const startedMs = performance.now()
  // The other side ends it, or cuts it off.
  await new Promise((resolve) => socket.once('end', resolve).once('close', resolve))
  clearTimeout(timer)
  socket.destroy()
  if (performance.now() - startedMs >= withinMs) throw new Error(`the connection was still open after ${withinMs} ms`)
  const answers: HttpAnswer[] = []
  for (let answer = reader.take(false); answer !== undefined; answer = reader.take(false)) answers.push(answer)
  return answers
}

/** Sends it over a connection that ends with it. */
export async function askAlone(target: Target, { bytes, connection }: Shot): Promise<HttpAnswer[]> {
  const socket = await opened(target)
  if (connection === 'cut') {
    socket.write(bytes, () => socket.destroy())
    await once(socket, 'close')
    return []
  }
  socket.end(bytes)
  return everything(socket, PATIENCE_MS)
}

const DRIP_MS = 300

/** Sends a request that never ends, byte by byte, until the other side has had enough of it. */
export async function askSlowly(target: Target, begin: string): Promise<HttpAnswer[]> {
  const socket = await opened(target)
  socket.write(begin)
  const drip = setInterval(() => socket.writable && socket.write('x'), DRIP_MS)
  return everything(socket, PATIENCE_MS * 2).finally(() => clearInterval(drip))
}
