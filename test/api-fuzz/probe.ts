import { once } from 'node:events'

interface Answer {
  readonly id?: number
  readonly result?: { readonly result?: { readonly value?: unknown } }
}

/** What a process says of itself. */
export interface Footprint {
  readonly rssBytes: number
  readonly heapBytes: number
  /** Sockets, servers and the like that are open. */
  readonly handles: number
}

const FOOTPRINT = `(() => {
  const { rss, heapUsed } = process.memoryUsage()
  return { rssBytes: rss, heapBytes: heapUsed, handles: process.getActiveResourcesInfo().filter((one) => /Wrap$/.test(one)).length }
})()`

/** The inspector of a Node process: looks into it without anything in the program for that. */
export class Probe {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #sent = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => {
      const answer = JSON.parse(String(data)) as Answer
      this.#waiting.get(answer.id ?? 0)?.(answer)
    })
  }

  static async attach(url: string): Promise<Probe> {
    const socket = new WebSocket(url)
    await once(socket, 'open')
    return new Probe(socket)
  }

  #send(method: string, params: object = {}): Promise<Answer> {
    const id = ++this.#sent
    const { promise, resolve } = Promise.withResolvers<Answer>()
    this.#waiting.set(id, resolve)
    this.#socket.send(JSON.stringify({ id, method, params }))
    return promise.finally(() => this.#waiting.delete(id))
  }

  /** After everything that nobody refers to was collected. */
  async footprint(): Promise<Footprint> {
    for (let n = 0; n < 3; n++) await this.#send('HeapProfiler.collectGarbage')
    return this.look()
  }

  async look(): Promise<Footprint> {
    const { result } = await this.#send('Runtime.evaluate', { expression: FOOTPRINT, returnByValue: true })
    return result?.result?.value as Footprint
  }

  close(): void {
    this.#socket.close()
  }
}
