import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { errorBody, HttpError } from './http-error.ts'

/** What arrived when it was no request that a route could have answered. */
interface ClientError extends Error {
  readonly code?: string
}

const TOO_LARGE = new HttpError(413, 'payload_too_large', 'the head of the request is too large')
const TOO_SLOW = new HttpError(400, 'bad_request', 'the request did not arrive in time')
const NO_HTTP = new HttpError(400, 'bad_request', 'this is no HTTP request that can be read')
const NO_TUNNEL = new HttpError(405, 'method_not_allowed', 'this is no proxy: there is no CONNECT')
const NO_EXPECTATION = new HttpError(400, 'bad_request', 'no expectation is met but 100-continue')

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  405: 'Method Not Allowed',
  413: 'Payload Too Large',
}

const headers = (body: string): Record<string, string | number> => ({
  'content-type': 'application/json; charset=utf-8',
  'content-length': Buffer.byteLength(body),
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  connection: 'close',
})

/** One answer on the bare connection, which is over with it. */
function refuse(socket: Duplex, error: HttpError): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  // Whom nobody listens to may hang up at any time.
  socket.on('error', () => socket.destroy())
  const body = JSON.stringify(errorBody(error))
  const lines = Object.entries(headers(body)).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${error.status} ${REASONS[error.status]}\r\n${lines.join('')}\r\n${body}`, () =>
    socket.destroy(),
  )
}

/** Bytes that are no HTTP, come too slowly or are too many are refused in the words of every other error. */
export function refuseUnreadable({ code }: ClientError, socket: Duplex): void {
  if (code === 'ECONNRESET' || socket.destroyed) return
  if (code === 'HPE_HEADER_OVERFLOW' || code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') refuse(socket, TOO_LARGE)
  else refuse(socket, code === 'ERR_HTTP_REQUEST_TIMEOUT' ? TOO_SLOW : NO_HTTP)
}

/** So are the two kinds of requests that Node would answer by itself, without a word. */
export function refuseUnusual(server: Server): void {
  server.on('connect', (_request, socket) => refuse(socket, NO_TUNNEL))
  server.on('checkExpectation', (_request, response) => {
    const body = JSON.stringify(errorBody(NO_EXPECTATION))
    response.writeHead(NO_EXPECTATION.status, headers(body)).end(body)
  })
}
