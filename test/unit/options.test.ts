import { describe, expect, test } from 'vitest'
import { contentHash, decodeEnvelope, sha1 } from '../../src/core/envelope.ts'
import { type EnqueueOptions, prepareTask } from '../../src/core/options.ts'
import { encodePayload } from '../../src/core/payload.ts'

const NOW = 1_700_000_000_000
const prepare = (options: EnqueueOptions = {}, payload: unknown = 1, type = 'mail', defaults = {}) =>
  prepareTask(type, payload, options, defaults, { nextId: () => 'generated', nowMs: NOW, idempotencyTtlMs: 86_400_000 })

const refused = (code: string, message: RegExp | string) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as string })

test('a task without options goes to the queue default, for now, under a generated id', () => {
  expect(prepare()).toEqual({
    queue: 'default',
    task: {
      id: 'generated',
      type: 'mail',
      priority: 'default',
      envelope: 'd|mail\n\n1',
      when: 'now',
      timeMs: 0,
      idempotencySha: undefined,
      contentHash: undefined,
    },
  })
  expect(prepare({ queue: undefined, delay: undefined })).toEqual(prepare())
})

test('options come before what the type has, and that before what all have', () => {
  const defaults = { queue: 'mails', priority: 'low' as const }
  expect(prepare({}, 1, 'mail', defaults)).toMatchObject({ queue: 'mails', task: { priority: 'low' } })
  expect(prepare({ maxRetries: 1 }, 1, 'mail', defaults)).toMatchObject({ queue: 'mails', task: { priority: 'low' } })
  const given = prepare({ queue: 'fast', priority: 'high' }, 1, 'mail', defaults)
  expect(given).toMatchObject({ queue: 'fast', task: { priority: 'high', envelope: 'h|mail\n\n1' } })
})

test('everything that is asked for is in the envelope', () => {
  const { task } = prepare({
    id: 'order-1',
    maxRetries: 0,
    timeout: '1m30s',
    idempotencyKey: 'key',
    resultTtl: 0,
    traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  })
  expect(task).toMatchObject({ id: 'order-1', when: 'now', idempotencySha: sha1('key') })
  const envelope = decodeEnvelope(task.envelope)
  expect(envelope).toMatchObject({ createdAtMs: NOW, maxRetries: 0, timeoutMs: 90_000, resultTtlMs: 0 })
  expect(task.contentHash).toBe(contentHash(envelope))
})

describe('time', () => {
  test('of a delay is counted by Redis, from when the task arrives', () => {
    expect(prepare({ delay: '2s' }).task).toMatchObject({ when: 'in', timeMs: 2_000 })
    expect(prepare({ delay: 0 }).task).toMatchObject({ when: 'now', timeMs: 0 })
  })

  test.each([new Date(NOW + 5), NOW + 5, '2023-11-14T22:13:20.005Z'])('may be given as %s', (runAt) => {
    expect(prepare({ runAt }).task).toMatchObject({ when: 'at', timeMs: NOW + 5 })
  })

  test.each([Number.NaN, -1, 'soon', new Date(Number.NaN), 1e15, Infinity])('cannot be %s', (runAt) => {
    expect(() => prepare({ runAt })).toThrow(refused('invalid_input', /runAt/))
  })

  test('is either a delay or a time', () => {
    expect(() => prepare({ delay: 1, runAt: NOW })).toThrow(refused('invalid_input', /either delay or runAt/))
  })

  test.each(['delay', 'timeout', 'resultTtl'])('of %s is a duration that can be counted with', (field) => {
    for (const value of ['soon', -1, '', '11m junk', Number.NaN, Infinity, `${'9'.repeat(400)}d`, '3651d', 1e12])
      expect(() => prepare({ [field]: value })).toThrow(refused('invalid_input', new RegExp(field)))
    expect(() => prepare({ [field]: '3650d' })).not.toThrow()
  })

  test('of a timeout is longer than nothing', () => {
    expect(() => prepare({ timeout: 0 })).toThrow(refused('invalid_input', /timeout has to be longer than 0/))
  })
})

test.each([
  [{ id: 'a b' }, /id: an id has to be 1 to 128/],
  [{ id: '' }, /id/],
  [{ queue: 'a/b' }, /queue: a queue name/],
  [{ priority: 'urgent' }, /priority has to be one of high, default, low/],
  [{ maxRetries: 1.5 }, /maxRetries/],
  [{ maxRetries: -1 }, /maxRetries/],
  [{ maxRetries: 1_001 }, /maxRetries/],
  [{ idempotencyKey: '' }, /idempotencyKey/],
  [{ idempotencyKey: 'x'.repeat(513) }, /idempotencyKey/],
  [{ traceparent: 'x' }, /traceparent/],
  [{ delay: 'soon' }, /^delay: 'soon' is not a duration/],
  [{ retries: 3 }, /unknown option retries; there are id, queue, .*maxRetries/],
  [{ priority: null }, /priority/],
])('%j is refused, naming the field', (options, message) => {
  expect(() => prepare(options as unknown as EnqueueOptions)).toThrow(refused('invalid_input', message))
})

test('all problems are named at once, and their fields apart', () => {
  expect(() => prepare({ id: 'a b', maxRetries: -1, nope: 1 } as EnqueueOptions)).toThrow(
    expect.objectContaining({ details: ['id', 'maxRetries', 'nope'] }),
  )
})

test('durability is one of three, and not for tasks that depend on others', () => {
  expect(() => prepare({ durability: 'disk' } as unknown as EnqueueOptions)).toThrow(
    refused('invalid_input', 'durability has to be one of memory, replica, fsync'),
  )
  expect(() => prepare({ durability: 'replica', dependsOn: [{ id: 'a' }] })).toThrow(
    refused('not_supported', 'durability is not for tasks that depend on others'),
  )
})

test.each(['', 'a b', 'x'.repeat(65), 'ü', null, 5, {}])('%s is no type', (type) => {
  expect(() => prepare({}, 1, type as string)).toThrow(refused('invalid_input', /^type '/))
})

describe('a payload', () => {
  test.each([undefined, null])('of %s is null', (payload) => {
    expect(encodePayload(payload)).toBe('null')
  })

  test('may be anything JSON can say', () => {
    expect(encodePayload({ a: [1, 'ü', true, null], skipped: undefined })).toBe('{"a":[1,"ü",true,null]}')
  })

  test('that JSON cannot say is refused with its cause', () => {
    const loop: Record<string, unknown> = {}
    loop['self'] = loop
    for (const payload of [loop, 5n, () => 1, Symbol('s')])
      expect(() => encodePayload(payload)).toThrow(refused('invalid_input', /payload cannot be written as JSON/))
  })

  test('has at most 256 KiB of UTF-8', () => {
    expect(encodePayload('x'.repeat(262_142))).toHaveLength(262_144)
    expect(() => encodePayload('x'.repeat(262_143))).toThrow(refused('payload_too_large', /262145 bytes/))
    expect(() => encodePayload('ü'.repeat(131_072))).toThrow(refused('payload_too_large', /262146 bytes/))
  })
})
