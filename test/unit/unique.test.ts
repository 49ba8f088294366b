import { describe, expect, test } from 'vitest'
import { decodeEnvelope } from '../../src/core/envelope.ts'
import { type EnqueueOptions, prepareTask } from '../../src/core/options.ts'
import { canonicalJson, checkUnique, decodeUnique, uniqueSha } from '../../src/core/unique.ts'

const context = { nextId: () => 'generated', nowMs: 1_700_000_000_000, idempotencyTtlMs: 86_400_000 }
const prepare = (options: EnqueueOptions, payload: unknown = 1, defaults = {}) =>
  prepareTask('mail', payload, options, defaults, context).task

describe('what makes a task unique', () => {
  test('is its type and payload, whatever the order of keys', () => {
    const sha = (payload: unknown, type = 'mail') => uniqueSha(type, JSON.stringify(payload), undefined)
    expect(sha({ a: [{ c: 1, d: 2 }], b: null })).toBe(sha({ b: null, a: [{ d: 2, c: 1 }] }))
    expect(sha([1, 2])).not.toBe(sha([2, 1]))
    expect(sha(1)).not.toBe(sha('1'))
    expect(sha(1)).not.toBe(sha(1, 'pdf'))
  })

  test('or a key, which no payload can be', () => {
    expect(uniqueSha('mail', '1', 'k')).toBe(uniqueSha('mail', '2', 'k'))
    expect(uniqueSha('mail', '"k"', undefined)).not.toBe(uniqueSha('mail', '"k"', 'k'))
    expect(uniqueSha('mail', '1', 'k')).not.toBe(uniqueSha('pdf', '1', 'k'))
  })

  test('keeps keys that are names of nothing else', () => {
    expect(canonicalJson('{"b":1,"__proto__":{"z":1,"y":2},"a":2}')).toBe('{"__proto__":{"y":2,"z":1},"a":2,"b":1}')
  })

  test('cannot be compared when it is nested without end', () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    expect(() => canonicalJson(deep)).toThrow(/nested too deeply/)
  })
})

test('the header of a unique task says by what and for how long, and the task what becomes of another', () => {
  const task = prepare({ unique: { for: '10m', by: { key: 'k' }, mode: 'replace' }, timeout: 5 })
  expect(decodeEnvelope(task.envelope).extras).toBe(`t=5|u=${uniqueSha('mail', '1', 'k')}|w=600000`)
  expect(task.unique).toBe('replace')
  expect(prepare({ unique: { for: 1 } }).unique).toBe('drop')
})

test('a type may have it by default, and a call say otherwise', () => {
  const defaults = { unique: checkUnique({ for: '1m' }, 'task mail') }
  expect(decodeEnvelope(prepare({}, 1, defaults).envelope).extras).toContain('w=60000')
  expect(decodeEnvelope(prepare({ unique: { for: '2m' } }, 1, defaults).envelope).extras).toContain('w=120000')
})

test.each([
  [{}, 'unique.for'],
  [{ for: 0 }, 'unique.for: for has to be longer than 0'],
  [{ for: -1 }, 'unique.for'],
  [{ for: 'soon' }, "unique.for: for: 'soon' is not a duration"],
  [{ for: '3651d' }, 'unique.for: for is longer than ten years'],
  [{ for: 1, mode: 'merge' }, 'unique.mode: has to be one of drop, replace'],
  [{ for: 1, by: 'type' }, 'unique.by'],
  [{ for: 1, by: { key: '' } }, 'unique.by'],
  [{ for: 1, per: 'queue' }, 'unknown option unique.per'],
  ['10m', 'unique: has to be an object such as { for: "10m" }'],
])('%j is refused, and its field is named', (unique, message) => {
  expect(() => prepare({ unique } as EnqueueOptions)).toThrow(message)
  expect(() => checkUnique(unique, 'task mail')).toThrow(/^task mail: unique/)
})

test('what replaces a task keeps its id, so it can have none of its own', () => {
  const unique = { for: '1m', mode: 'replace' } as const
  expect(() => prepare({ id: 'own', unique })).toThrow(/^id: what replaces a task keeps its id/)
  expect(() => prepare({ id: 'own', unique: { for: '1m' } })).not.toThrow()
})

test('what is registered of a type is read back, and nothing else', () => {
  const unique = checkUnique({ for: '1m', by: { key: 'k' } }, 'task mail')
  expect(decodeUnique(JSON.parse(JSON.stringify(unique)))).toEqual(unique)
  for (const foreign of [undefined, null, 5, {}, { forMs: 0, mode: 'drop' }, { forMs: 1, mode: 'x' }])
    expect(decodeUnique(foreign)).toBeUndefined()
})
