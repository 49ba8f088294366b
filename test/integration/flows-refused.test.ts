import { expect, test } from 'vitest'
import type { FlowNode } from '../../src/core/flow.ts'
import { workbench } from '../helpers/workbench.ts'

test.each([
  [
    'dependsOn',
    /a → c → b → a/,
    [
      { key: 'a', dependsOn: ['c'] },
      { key: 'b', dependsOn: ['a'] },
      { key: 'c', dependsOn: ['b'] },
    ],
  ],
  ['dependsOn', /itself/, [{ key: 'a', dependsOn: ['a'] }]],
  ['dependsOn', /no such node/, [{ key: 'a', dependsOn: ['b'] }]],
  ['dependsOn', /two ways/, [{ key: 'a' }, { key: 'b', dependsOn: ['a', { key: 'a', onFailure: 'wait' as const }] }]],
  [
    'dependsOn',
    /node c depends on 1001 others/,
    [
      { key: 'a' },
      {
        key: 'c',
        dependsOn: ['a'],
        options: { dependsOn: Array.from({ length: 1_000 }, (_, i) => ({ id: `p${i}`, queue: 'r' })) },
      },
    ],
  ],
  ['key', /two nodes with the key a/, [{ key: 'a' }, { key: 'a' }]],
  ['key', /has to have a key/, [{ key: '' }]],
  ['nodes', /at least one/, []],
  ['onFailure', /has to be one of/, [{ key: 'a' }, { key: 'b', dependsOn: [{ key: 'a', onFailure: 'no' as 'fail' }] }]],
  ['idempotencyKey', /give it an id/, [{ key: 'a', options: { id: 'a', idempotencyKey: 'k' } }]],
  [
    'id',
    /two nodes have the id/,
    [
      { key: 'a', options: { id: 'x' } },
      { key: 'b', options: { id: 'x' } },
    ],
  ],
])('is refused for its %s: %s', async (field, message, nodes) => {
  const { client } = await workbench()
  const flow = { nodes: nodes.map((node): FlowNode => ({ task: 'step', ...node })) }
  const refused = { code: 'invalid_input', details: [field], message: expect.stringMatching(message) as string }
  await expect(client.enqueueFlow(flow)).rejects.toEqual(expect.objectContaining(refused))
  expect((await client.inspector.snapshot(['default']))[0]).toMatchObject({ blocked: 0, pending: { default: 0 } })
})
