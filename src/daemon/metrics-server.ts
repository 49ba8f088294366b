import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Address, addressText } from '../config.ts'
import type { Component } from '../core/upkeep/component.ts'
import { isAllowedHost } from './hosts.ts'
import { listenError } from './listen-error.ts'

export interface MetricsServerOptions {
  readonly address: Address
  readonly allowedHosts: readonly string[]
  readonly contentType: string
  readonly read: () => Promise<string>
}

/** Serves `/metrics`, on an address of its own. */
export class MetricsServer implements Component {
  readonly name = 'metrics'
  readonly #options: MetricsServerOptions
  #server: Server | undefined
  #stopped = false

  constructor(options: MetricsServerOptions) {
    this.#options = options
  }

  /** Where it listens; with port 0 only then it is known which one. */
  get address(): Address {
    const bound = this.#server?.address() as AddressInfo | null | undefined
    return { host: this.#options.address.host, port: bound?.port ?? this.#options.address.port }
  }

  /** @throws Error that names the address and the remedy when it cannot be had. */
  async start(): Promise<void> {
    if (this.#stopped || this.#server !== undefined) return
    const server = createServer({ requestTimeout: 15_000, headersTimeout: 10_000, keepAliveTimeout: 5_000 })
    this.#server = server
    server.maxConnections = 64
    server.on('request', (request, response) => void this.#answer(request, response))
    const { host, port } = this.#options.address
    server.listen({ host, port })
    try {
      await once(server, 'listening')
    } catch (error) {
      throw listenError('metrics', addressText({ host, port }), '--metrics-addr', error)
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    const server = this.#server
    if (!server?.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const reply = (status: number, text: string, headers: Record<string, string> = {}): void => {
      response.writeHead(status, {
        'content-type': 'text/plain; charset=utf-8',
        'x-content-type-options': 'nosniff',
        ...headers,
      })
      response.end(text)
    }
    if (!isAllowedHost(request.headers.host, this.#options.allowedHosts))
      return reply(403, 'this name is not allowed; add it to --allowed-hosts\n')
    if (request.url?.split('?')[0] !== '/metrics') return reply(404, 'there is only /metrics here\n')
    if (request.method !== 'GET' && request.method !== 'HEAD') return reply(405, 'use GET\n', { allow: 'GET, HEAD' })
    try {
      reply(200, await this.#options.read(), { 'content-type': this.#options.contentType })
    } catch (error) {
      reply(503, `metrics cannot be read: ${error instanceof Error ? error.message : String(error)}\n`)
    }
  }
}
