/** One thing that is sent. */
export interface Shot {
  readonly bytes: Buffer
  /** As it was meant; undefined where the bytes are no request that one could name. */
  readonly asked: { readonly method: string; readonly path: string } | undefined
  /** Nothing but `/livez` and `/readyz` may say yes to it. */
  readonly isRefused: boolean
  /**
   * `kept`: over a connection that others use too, answered once. `own`: over one of its own, which ends with it, answered or
   * not. `cut`: the same, and the connection is gone as soon as everything was sent.
   */
  readonly connection: 'kept' | 'own' | 'cut'
}

export interface HttpRequest {
  readonly method: string
  readonly path: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Buffer | undefined
}

/** The bytes of a request; what is not Latin-1 in its head is cut to its lower byte. */
export function bytesOf({ method, path, headers, body }: HttpRequest): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const length = body === undefined ? '' : `Content-Length: ${body.length}\r\n`
  const head = Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines}${length}\r\n`, 'latin1')
  return body === undefined ? head : Buffer.concat([head, body])
}
