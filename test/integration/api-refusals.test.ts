import { describe, expect, it } from 'vitest'
import { type CallOptions, sharedDaemon } from '../helpers/daemon.ts'

const { call } = sharedDaemon(['--roles', 'api'])

/** What no reply may show: places in the source. */
const STACK = /\.(ts|js):\d|at \w+ \(|node_modules/

/** One error, as documented. */
const refusal = (status: number, code: string, message: string | RegExp): object => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  json: { error: { code, message: typeof message === 'string' ? message : expect.stringMatching(message) } },
})

const task = (over: object): object => ({ type: 'echo', payload: {}, ...over })
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

describe('a request that cannot be accepted', () => {
  it.each<[string, string, string, CallOptions, number, string, string | RegExp]>([
    [
      'invalid JSON',
      'POST',
      '/v1/tasks',
      { body: '{"type": "x",}' },
      400,
      'bad_request',
      /^the body is not valid JSON at position \d+/,
    ],
    [
      'invalid JSON, of old',
      'POST',
      '/enqueue',
      { body: 'nonsense' },
      400,
      'bad_request',
      /^the body is not valid JSON/,
    ],
    ['no body', 'POST', '/v1/tasks', {}, 400, 'bad_request', 'send JSON, with Content-Type: application/json'],
    [
      'another type of content',
      'POST',
      '/enqueue',
      { body: 'type=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      400,
      'bad_request',
      'send JSON, with Content-Type: application/json',
    ],
    [
      'endless nesting',
      'POST',
      '/v1/tasks',
      { body: `{"type":"x","payload":${nested(40)}}` },
      400,
      'bad_request',
      'the JSON is nested more than 32 levels deep',
    ],
    [
      'a key that reaches for the prototype',
      'POST',
      '/v1/tasks',
      { body: '{"type":"x","payload":{"__proto__":{"a":1}}}' },
      400,
      'bad_request',
      'the key __proto__ is not allowed in JSON here',
    ],
    ['an unknown route', 'GET', '/v1/nothing', {}, 404, 'not_found', 'there is no route /v1/nothing'],
    ['a path that is no path', 'GET', '/v1/tasks/%zz', {}, 400, 'bad_request', /./],
    ['an unknown queue', 'GET', '/v1/queues/nope', {}, 404, 'not_found', 'there is no queue nope; there are default'],
    [
      'an unknown task',
      'GET',
      '/v1/tasks/nope',
      {},
      404,
      'not_found',
      'task nope is not known, or its record is no longer kept',
    ],
    [
      'a body that is too large',
      'POST',
      '/v1/tasks',
      { body: task({ payload: 'x'.repeat(262_144) }) },
      413,
      'payload_too_large',
      /^the body is larger than 262144 bytes/,
    ],
    [
      'a batch that is too long',
      'POST',
      '/v1/tasks/batch',
      { body: Array.from({ length: 1_001 }, () => task({})) },
      413,
      'payload_too_large',
      'a batch has at most 1000 tasks, and this one 1001; send it in parts',
    ],
    [
      'a batch that is none',
      'POST',
      '/v1/tasks/batch',
      { body: {} },
      422,
      'invalid_input',
      'has to be an array of tasks',
    ],
    [
      'a type that is no name',
      'POST',
      '/v1/tasks',
      { body: task({ type: 'a b' }) },
      422,
      'invalid_input',
      /^type: has to be 1 to 64 letters/,
    ],
    ['no type', 'POST', '/v1/tasks', { body: { payload: 1 } }, 422, 'invalid_input', 'type: is missing'],
    [
      'a priority out of range',
      'POST',
      '/v1/tasks',
      { body: task({ priority: 'top' }) },
      422,
      'invalid_input',
      'priority: has to be one of high, default, low',
    ],
    [
      'a priority out of range, of old',
      'POST',
      '/enqueue',
      { body: task({ priority: 3 }) },
      422,
      'invalid_input',
      'priority: has to be 2 (high), 1 (default) or 0 (low)',
    ],
    [
      'an unknown field',
      'POST',
      '/v1/tasks',
      { body: task({ prioritty: 'high' }) },
      422,
      'invalid_input',
      'unknown field prioritty',
    ],
    [
      'a durability that the server does not have',
      'POST',
      '/v1/tasks',
      { body: task({ durability: 'fsync' }) },
      422,
      'not_supported',
      'durability fsync needs Redis 7.2 or newer with appendonly yes, or an older one that also has appendfsync always and no-appendfsync-on-rewrite no; use replica, or change Redis',
    ],
    [
      'too many retries',
      'POST',
      '/v1/tasks',
      { body: task({ max_retries: 1_001 }) },
      422,
      'invalid_input',
      'max_retries: has to be at most 1000',
    ],
    [
      'a time that is none',
      'POST',
      '/v1/tasks',
      { body: task({ execute_at: 'tomorrow' }) },
      422,
      'invalid_input',
      'execute_at: has to be a time such as 2026-01-31T09:00:00Z',
    ],
    [
      'a time beyond all plans',
      'POST',
      '/v1/tasks',
      { body: task({ execute_at: '9999-01-01T00:00:00Z' }) },
      422,
      'invalid_input',
      'execute_at: lies before 1970 or after 2243',
    ],
    [
      'two times',
      'POST',
      '/v1/tasks',
      { body: task({ execute_at: '2026-01-31T09:00:00Z', delay_ms: 1 }) },
      422,
      'invalid_input',
      'give either delay_ms or execute_at, not both',
    ],
    [
      'a schedule that is none',
      'POST',
      '/v1/schedules',
      { body: { spec: 'often', type: 'echo' } },
      422,
      'invalid_input',
      /^spec: 'often' is not a schedule/,
    ],
    [
      'a time zone that is none',
      'POST',
      '/v1/schedules',
      { body: { spec: '@hourly', time_zone: 'Mars/Base', type: 'echo' } },
      422,
      'invalid_input',
      /^time_zone: 'Mars\/Base' is not a time zone/,
    ],
    ['an unknown state', 'GET', '/v1/tasks?state=lost', {}, 422, 'invalid_input', /^state: has to be one of pending, /],
    [
      'a limit out of range',
      'GET',
      '/v1/tasks?limit=9999',
      {},
      422,
      'invalid_input',
      'limit: has to be a number from 1 to 500',
    ],
    ['an unknown parameter', 'GET', '/v1/tasks?stat=dead', {}, 422, 'invalid_input', 'unknown field stat'],
    ['no ids', 'POST', '/v1/dlq/purge', { body: { queue: 'default', ids: [] } }, 422, 'invalid_input', 'ids: is empty'],
  ])('says so: %s', async (_, method, path, options, status, code, message) => {
    const reply = await call(method, path, options)
    expect(reply).toMatchObject(refusal(status, code, message))
    expect(reply.text).not.toMatch(STACK)
  })

  it('says which methods a route takes', async () => {
    const reply = await call('PUT', '/v1/tasks/abc')
    expect(reply).toMatchObject(refusal(405, 'method_not_allowed', '/v1/tasks/abc takes GET, HEAD, DELETE, not PUT'))
    expect(reply.headers['allow']).toBe('GET, HEAD, DELETE')
    expect(await call('GET', '/enqueue')).toMatchObject(
      refusal(405, 'method_not_allowed', '/enqueue takes POST, not GET'),
    )
  })

  it('leaves nothing behind', async () => {
    expect((await call('GET', '/stats')).json).toMatchObject({ enqueued: 0 })
    expect((await call('GET', '/v1/schedules')).json).toMatchObject({ items: [] })
  })
})
