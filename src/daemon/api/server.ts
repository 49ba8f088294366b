import type { AddressInfo } from 'node:net'
import { fastify, type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type Address, addressText, isLoopback } from '../../config.ts'
import { DqError, ERRORS, messageOf } from '../../core/errors.ts'
import type { Component } from '../../core/upkeep/component.ts'
import { listenError } from '../listen-error.ts'
import type { Log } from '../log.ts'
import { continuedApi } from './continued.ts'
import { refuseForeign, requireRole } from './guard.ts'
import { errorBody, fromDqError, HttpError, invalid } from './http-error.ts'
import { parseJson } from './json.ts'
import { ANYBODY, type Caller, KeyRing, type KeyRingOptions } from './key-ring.ts'
import { refuseUnreadable, refuseUnusual } from './raw.ts'
import type { Api, Route } from './route.ts'
import { methodsOf, ROUTES } from './routes.ts'
import { scopedApi, type ScopePlace } from './scope.ts'

export interface ApiServerOptions {
  readonly address: Address
  readonly allowedHosts: readonly string[]
  readonly keys: Pick<KeyRingOptions, 'apiKey' | 'file' | 'stored'>
  readonly place: ScopePlace
  readonly log: Log
  readonly api: Api
}

const BODY_BYTES = 262_144

const badType = (): HttpError => new HttpError(400, 'bad_request', 'send JSON, with Content-Type: application/json')

/** What each error says to the caller; never a stack. */
function toHttp(error: unknown, request: FastifyRequest, log: Log): HttpError {
  if (error instanceof HttpError) return error
  if (error instanceof DqError && ERRORS[error.code].status !== 500) return fromDqError(error)
  const { statusCode, code, message } = error as FastifyError
  if (statusCode === 413) {
    const most = request.routeOptions.bodyLimit ?? BODY_BYTES
    return new HttpError(
      413,
      'payload_too_large',
      `the body is larger than ${most} bytes; store the data elsewhere and send a reference`,
    )
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return badType()
  if (statusCode !== undefined && statusCode < 500) return new HttpError(400, 'bad_request', message)
  log.error('api.failed', `${request.method} ${request.routeOptions.url ?? ''} failed: ${messageOf(error)}`)
  return new HttpError(500, 'internal', 'something failed here; the log of the daemon says what')
}

function sendError(reply: FastifyReply, error: HttpError): FastifyReply {
  if (error.status === 401) reply.header('www-authenticate', 'Bearer')
  if (error.status === 429 || error.status === 503) reply.header('retry-after', '1')
  return reply
    .code(error.status)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(errorBody(error)))
}

function notFound(request: FastifyRequest): HttpError {
  const path = request.url.split('?')[0]!.slice(0, 200)
  const methods = methodsOf(path)
  if (methods.length === 0) return new HttpError(404, 'not_found', `there is no route ${path}`)
  return new HttpError(405, 'method_not_allowed', `${path} takes ${methods.join(', ')}, not ${request.method}`)
}

/** @throws HttpError 422 */
function idempotencyKeyOf({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key']
  if (key === undefined || (typeof key === 'string' && key.length >= 1 && key.length <= 512)) return key
  throw new HttpError(422, 'invalid_input', 'Idempotency-Key: has to be 1 to 512 characters', ['Idempotency-Key'])
}

/** Parsed by the schemas of the route. @throws HttpError 400, 422 */
function readInput({ query, body, idempotent }: Route, request: FastifyRequest) {
  const readQuery = query?.safeParse(request.query)
  if (readQuery?.success === false) throw invalid(readQuery.error)
  if (body !== undefined && request.body === undefined) throw badType()
  const readBody = body?.safeParse(request.body)
  if (readBody?.success === false) throw invalid(readBody.error)
  return {
    params: request.params as Record<string, string>,
    query: readQuery?.data,
    body: readBody?.data,
    by: request.caller.id === undefined ? `api@${request.ip}` : `api:${request.caller.id}@${request.ip}`,
    idempotencyKey: idempotent ? idempotencyKeyOf(request) : undefined,
  }
}

/** Every queue that a request names, in its path, query or body, has to be one of the key. @throws HttpError 403 */
function checkQueues(api: Api, parts: readonly unknown[]): void {
  for (const part of parts) {
    const queue: unknown = typeof part === 'object' && part !== null ? Reflect.get(part, 'queue') : undefined
    if (typeof queue === 'string') api.mayUse(queue)
  }
}

/** As far as its key reaches, and within the trace that it names. */
function apiFor({ caller, headers }: FastifyRequest, whole: Api, place: ScopePlace): Api {
  const api = caller.queues === undefined ? whole : scopedApi(whole, caller.queues, place)
  const { traceparent } = headers
  return typeof traceparent === 'string' ? continuedApi(api, traceparent) : api
}

function addRoute(app: FastifyInstance, route: Route, { api: whole, place }: ApiServerOptions): void {
  const { path, method, bodyLimit, run, needs, unavailableStatus } = route
  const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const api = apiFor(request, whole, place)
    if (needs !== 'nothing' && api.unready() === 'redis')
      throw new HttpError(unavailableStatus ?? 503, 'unavailable', 'Redis cannot be reached; try again')
    const input = readInput(route, request)
    checkQueues(api, [input.params, input.query, input.body])
    const result = await run(api, input as unknown as Parameters<typeof run>[1])
    reply.code(result.status ?? route.status ?? 200)
    if (route.text) return reply.type('text/plain; charset=utf-8').send(result.body)
    return reply.type('application/json; charset=utf-8').send(JSON.stringify(result.body))
  }
  app.route({
    method,
    url: path,
    bodyLimit: bodyLimit ?? BODY_BYTES,
    handler: handle,
    config: { needs, unavailableStatus },
  })
}

/** Bodies are JSON and nothing else. */
function takeJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_, bytes, done) => {
    try {
      done(null, bytes.length === 0 ? undefined : parseJson(bytes as Buffer))
    } catch (error) {
      done(error as HttpError)
    }
  })
}

function build(options: ApiServerOptions): FastifyInstance {
  const { keys, address, allowedHosts, log, api } = options
  const app = fastify({
    logger: false,
    bodyLimit: BODY_BYTES,
    requestTimeout: 15_000,
    keepAliveTimeout: 5_000,
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 1_000, requireHostHeader: false },
    clientErrorHandler: refuseUnreadable,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: 256, ignoreTrailingSlash: true },
    frameworkErrors: (error, request, reply) => void sendError(reply, toHttp(error, request, log)),
  })
  refuseUnusual(app.server)
  const ring = new KeyRing({ ...keys, log, unready: () => api.unready() })
  const checkHost = isLoopback(address.host)
  app.decorateRequest('caller')
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-content-type-options', 'nosniff').header('cache-control', 'no-store')
    refuseForeign(request.raw, checkHost, allowedHosts)
    const { needs, unavailableStatus } = request.routeOptions.config
    request.caller = needs === 'nothing' ? ANYBODY : await ring.callerOf(request.headers, unavailableStatus)
    if (needs !== undefined) requireRole(request.caller, needs)
  })
  takeJson(app)
  for (const route of ROUTES) addRoute(app, route, options)
  app.setErrorHandler((error, request, reply) => sendError(reply, toHttp(error, request, log)))
  app.setNotFoundHandler((request, reply) => {
    const error = notFound(request)
    if (error.status === 405) reply.header('allow', methodsOf(request.url.split('?')[0]!).join(', '))
    return sendError(reply, error)
  })
  return app
}

/** The HTTP API. */
export class ApiServer implements Component {
  readonly name = 'api'
  readonly #options: ApiServerOptions
  #app: FastifyInstance | undefined
  #stopped = false

  constructor(options: ApiServerOptions) {
    this.#options = options
  }

  /** Where it listens; with port 0 only then it is known which one. */
  get address(): Address {
    const bound = this.#app?.server.address() as AddressInfo | null | undefined
    return { host: this.#options.address.host, port: bound?.port ?? this.#options.address.port }
  }

  /** @throws Error that names the address and the remedy when it cannot be had. */
  async start(): Promise<void> {
    if (this.#stopped || this.#app !== undefined) return
    this.#app = build(this.#options)
    this.#app.server.maxConnections = 1_024
    const { host, port } = this.#options.address
    try {
      await this.#app.listen({ host, port })
    } catch (error) {
      throw listenError('the API', addressText({ host, port }), '--api-addr', error)
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#app?.close()
  }
}

declare module 'fastify' {
  interface FastifyContextConfig {
    needs?: Route['needs']
    unavailableStatus?: number | undefined
  }
  interface FastifyRequest {
    /** Known once the key was looked at. */
    caller: Caller
  }
}
