import { describe, expect, it } from 'vitest'
import { askAlone } from '../api-fuzz/connections.ts'
import { aDaemon, call as callAt, sharedDaemon } from '../helpers/daemon.ts'
import { sharedRedis, startRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'

const { call } = sharedDaemon(['--roles', 'api'])

/** One error, as documented. */
const refusal = (status: number, code: string, message: string | RegExp): object => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  json: { error: { code, message: typeof message === 'string' ? message : expect.stringMatching(message) } },
})

describe('a web page', () => {
  it.each([
    ['under a name of its own', { host: 'evil.example' }],
    ['of another origin', { origin: 'https://evil.example' }],
    ['without an origin', { origin: 'null' }],
    ['of another site', { 'sec-fetch-site': 'cross-site' }],
  ])('%s is refused', async (_, headers) => {
    expect(await call('GET', '/v1/queues', { headers })).toMatchObject(refusal(403, 'forbidden', /not allowed/))
    expect(await call('GET', '/livez', { headers })).toMatchObject(refusal(403, 'forbidden', /not allowed/))
  })

  it.each([{ host: 'localhost:1' }, { host: '[::1]' }, { host: '127.0.0.1' }])(
    'on this machine is answered: %o',
    async (headers) => {
      expect(await call('GET', '/v1/queues', { headers })).toMatchObject({ status: 200 })
    },
  )
})

describe('what is no request', () => {
  it.each([
    ['rubbish', 'rubbish\r\n\r\n', 400, 'bad_request', /no HTTP request/],
    ['a head without an end', `GET / HTTP/1.1\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, 413, 'payload_too_large', /head/],
    ['no Host', 'GET /livez HTTP/1.1\r\n\r\n', 400, 'bad_request', /Host/],
    [
      'an address of others',
      'GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n',
      400,
      'bad_request',
      /proxy/,
    ],
    ['a tunnel', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n', 405, 'method_not_allowed', /proxy/],
    ['a wish', 'GET /livez HTTP/1.1\r\nHost: localhost\r\nExpect: more\r\n\r\n', 400, 'bad_request', /100-continue/],
  ])('is answered like any other: %s', async (_, bytes, status, code, words) => {
    const { url, namespace } = await sharedRedis()
    const { api } = await aDaemon({ redisUrl: url, namespace, args: ['--roles', 'api'] })
    const { hostname: host, port } = new URL(api)
    const shot = { bytes: Buffer.from(bytes), asked: undefined, isRefused: true, connection: 'own' } as const
    const [answer] = await askAlone({ host, port: Number(port) }, shot)
    expect(answer?.status).toBe(status)
    expect(answer?.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(JSON.parse(answer?.text ?? '')).toEqual({ error: { code, message: expect.stringMatching(words) } })
  })
})

describe('with a key', () => {
  it('nothing but /livez and /readyz is answered without it', async () => {
    const { url, namespace } = await sharedRedis()
    const { api } = await aDaemon({ redisUrl: url, namespace, args: ['--roles', 'api'], env: { API_KEY: 'k3y' } })
    const status = async (path: string, headers?: Record<string, string>): Promise<number> =>
      (await callAt(api, 'GET', path, headers === undefined ? {} : { headers })).status
    const wrong = await callAt(api, 'GET', '/v1/queues', { headers: { 'x-api-key': 'k3Y' } })
    expect(wrong).toMatchObject(refusal(401, 'unauthorized', 'the API key is wrong'))
    expect(await callAt(api, 'GET', '/v1/queues')).toMatchObject(refusal(401, 'unauthorized', /needs a key/))
    expect(await status('/no/such/route')).toBe(401)
    expect(await status('/v1/queues?api_key=k3y')).toBe(401)
    expect(await status('/livez')).toBe(200)
    expect(await status('/readyz')).toBe(200)
    expect(await status('/v1/queues', { 'x-api-key': 'k3y' })).toBe(200)
    expect(await status('/v1/queues', { authorization: 'Bearer k3y' })).toBe(200)
  })
})

describe('without Redis', () => {
  it('requests are told so at once, and work again when it is back', async () => {
    const server = await startRedis()
    try {
      const { api } = await aDaemon({ redisUrl: server.url })
      expect(await callAt(api, 'GET', '/readyz')).toMatchObject({ status: 200, text: 'ok' })
      await server.kill9()
      await until(async () => (await callAt(api, 'GET', '/readyz')).text === 'redis')
      const sentMs = performance.now()
      const refused = await callAt(api, 'POST', '/v1/tasks', { body: { type: 'echo', payload: 1 } })
      expect(refused).toMatchObject(refusal(503, 'unavailable', 'Redis cannot be reached; try again'))
      expect(refused.headers['retry-after']).toBe('1')
      expect(await callAt(api, 'POST', '/enqueue', { body: { type: 'echo', payload: 1 } })).toMatchObject({
        status: 500,
      })
      expect(await callAt(api, 'GET', '/livez')).toMatchObject({ status: 200, text: 'ok' })
      expect(performance.now() - sentMs).toBeLessThan(2_000)
      await server.restart()
      await until(
        async () => (await callAt(api, 'POST', '/v1/tasks', { body: { type: 'echo', payload: 1 } })).status === 201,
      )
    } finally {
      await server.stop()
    }
  })
})
