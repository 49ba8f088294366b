import { expect, test } from 'vitest'
import { planFlow, type PlanNode } from '../../src/core/flow-plan.ts'

const node = (key: string, queue: string, parents: readonly string[] = []): [string, PlanNode] => [
  key,
  { key, queue, bytes: 10, edges: parents.length, parents },
]

test('edges to children in other queues count for the call of the parent, too', () => {
  const parents = Array.from({ length: 300 }, (_, i) => `p${i}`)
  const nodes = new Map([
    ...parents.map((key) => node(key, 'q')),
    ...Array.from({ length: 100 }, (_, i) => node(`c${i}`, 'r', parents)),
  ])
  const calls = planFlow(nodes)
  const edges = calls.map(({ queue, keys }) => keys.length * (queue === 'q' ? 100 : 300))
  expect(Math.max(...edges)).toBeLessThanOrEqual(2_000)
  expect(calls.flatMap(({ keys }) => keys)).toHaveLength(400)
})

test('one task may have more than a call otherwise takes', () => {
  const nodes = new Map([node('p', 'q'), ...Array.from({ length: 3_000 }, (_, i) => node(`c${i}`, 'r', ['p']))])
  expect(planFlow(nodes).at(-1)).toEqual({ queue: 'q', keys: ['p'] })
})
