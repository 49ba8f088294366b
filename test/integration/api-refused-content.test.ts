import { describe, expect, it } from 'vitest'
import { type CallOptions, sharedDaemon } from '../helpers/daemon.ts'

const { call } = sharedDaemon(['--roles', 'api'])

const task = (over: object): object => ({ type: 'echo', payload: {}, ...over })

describe('content that cannot be accepted', () => {
  it.each<[string, string, string, CallOptions, number, string, string]>([
    [
      'ids and a filter',
      'POST',
      '/v1/dlq/replay',
      { body: { filter: 'type:mail', ids: ['a'] } },
      422,
      'invalid_input',
      'give either ids or filter; for every dead task begin an operation without a filter',
    ],
    [
      'a purge to take back that is named in two ways',
      'POST',
      '/v1/dlq/undo',
      { body: { operation: 'a', ids: ['a'] } },
      422,
      'invalid_input',
      'give ids or operation, not both',
    ],
    [
      'a number beyond all numbers',
      'POST',
      '/v1/tasks',
      { body: '{"type":"x","payload":1e999}' },
      400,
      'bad_request',
      'the JSON has a number that is too large',
    ],
    [
      'too many parents',
      'POST',
      '/v1/tasks',
      { body: task({ depends_on: Array.from({ length: 1_001 }, () => ({})) }) },
      422,
      'invalid_input',
      'depends_on: has to be at most 1000 parents',
    ],
    [
      'a parent that is none',
      'POST',
      '/v1/tasks',
      { body: task({ depends_on: [{}] }) },
      422,
      'invalid_input',
      'depends_on.0: has to be an id, or an object with id',
    ],
    [
      'a cursor that no scan gives',
      'GET',
      '/v1/tasks?state=limited&cursor=w99999999999999999999:0',
      {},
      422,
      'invalid_input',
      "cursor 'w99999999999999999999:0' is none of this listing; begin without one",
    ],
  ])('is refused, saying what is wrong: %s', async (_, method, path, options, status, code, message) => {
    expect(await call(method, path, options)).toMatchObject({ status, json: { error: { code, message } } })
  })

  it('shows what was sent written out, and not more than a part of it', async () => {
    const fields = Array.from({ length: 100 }, (_, i) => [`\u001b\u202e${i}${'x'.repeat(1_000)}`, 1] as const)
    const { status, json, text } = await call('POST', '/v1/tasks', { body: task(Object.fromEntries(fields)) })
    expect(status).toBe(422)
    expect(json).toMatchObject({ error: { message: expect.stringMatching(/^unknown fields \\e\\u202e0xxx/) } })
    expect(text.length).toBeLessThan(10_000)
  })
})
