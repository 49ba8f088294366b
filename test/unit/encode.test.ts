import { describe, expect, test } from 'vitest'
import { encodeGroup, encodeItems, splitGroups } from '../../src/core/encode.ts'
import type { CompleteGroup } from '../../src/core/verbs.ts'
import { aTask } from '../helpers/engine.ts'

test('new tasks are grouped by what the script reads once, and keep their order within it', () => {
  const tasks = [
    aTask('a'),
    aTask('b', { type: 'pdf' }),
    aTask('c'),
    aTask('d', { when: 'in', timeMs: 5.4 }),
    aTask('e', { when: 'at', timeMs: 7, idempotencyKey: 'k', own: true }),
    aTask('f', { type: 'pdf' }),
  ]
  const { items, order } = encodeItems(tasks)
  expect(order).toEqual([0, 2, 1, 5, 3, 4])
  const e = tasks[4]!
  const expected = [
    ['d', 'mail', 'now', '-', 2, 'a', 'd|mail\n\n1', 'c', 'd|mail\n\n1'],
    ['d', 'pdf', 'now', '-', 2, 'b', 'd|pdf\n\n1', 'f', 'd|pdf\n\n1'],
    ['d', 'mail', 'in', '-', 1, 'd', 'd|mail\n\n1', 5],
    ['d', 'mail', 'at', 'ih', 1, 'e', e.envelope, 7, e.idempotencySha, e.contentHash],
  ]
  expect(items).toEqual(expected.flat())
})

describe('completions', () => {
  const group = (items: CompleteGroup['items'], rest: Partial<CompleteGroup> = {}): CompleteGroup => ({
    nonce: 'n',
    type: 'mail',
    resultTtlMs: 1_000,
    hasRecord: false,
    items,
    ...rest,
  })

  test('say by flags what follows each id', () => {
    expect(encodeGroup(group([{ id: 'a', extras: '' }]))).toEqual(['n', 'mail', '-', 1_000, 1, 'a'])
    expect(encodeGroup(group([{ id: 'a', record: '{}', extras: 'h=1' }], { hasRecord: true }))).toEqual([
      'n',
      'mail',
      'rxf',
      1_000,
      1,
      'a',
      '{}',
      'h=1',
    ])
    const mixed = [
      { id: 'a', extras: '' },
      { id: 'b', extras: 'h=1' },
    ]
    expect(encodeGroup(group(mixed))).toEqual(['n', 'mail', 'x', 1_000, 2, 'a', '', 'b', 'h=1'])
  })

  test('whose records are not to be kept send none', () => {
    const items = [{ id: 'a', record: '{}', extras: '' }]
    expect(encodeGroup(group(items, { resultTtlMs: 0 }))).toEqual(['n', 'mail', '-', 0, 1, 'a'])
  })

  test('with and without a record do not lose what there is', () => {
    const items = [
      { id: 'a', record: '{"a":1}', extras: '' },
      { id: 'b', extras: '' },
    ]
    const encoded = splitGroups([group(items)]).flatMap((part) => part.flatMap(encodeGroup))
    expect(encoded).toEqual(['n', 'mail', 'r', 1_000, 1, 'a', '{"a":1}', 'n', 'mail', '-', 1_000, 1, 'b'])
  })

  test('are cut by ids and by bytes, and a group goes on in the next part', () => {
    const many = group(Array.from({ length: 700 }, (_, i) => ({ id: `${i}`, extras: '' })))
    const heavy = group(
      Array.from({ length: 20 }, (_, i) => ({ id: `h${i}`, record: 'ü'.repeat(32_000), extras: '' })),
      { type: 'pdf' },
    )
    const parts = splitGroups([many, heavy])
    expect(parts.map((part) => part.map(({ type, items }) => [type, items.length]))).toEqual([
      [['mail', 500]],
      [
        ['mail', 200],
        ['pdf', 16],
      ],
      [['pdf', 4]],
    ])
  })
})
