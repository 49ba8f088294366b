import { expect, it } from 'vitest'
import { Client } from '../../src/core/index.ts'
import { safeLine } from '../../src/tui/text/safe.ts'
import { Editing } from '../../src/tui/app/editing.ts'
import { openSource } from '../../src/tui/source/redis-source.ts'
import { toTaskDoc } from '../../src/tui/source/task-doc.ts'
import { Store } from '../../src/tui/app/store.ts'
import { openingState } from '../../src/tui/state/state.ts'
import { SECRET, withKey } from '../helpers/encrypted.ts'
import { workbench } from '../helpers/workbench.ts'
import { live } from './harness/live.ts'

async function aDeadTask() {
  const bench = await workbench()
  const fails = (): never => {
    throw new TypeError(`bad ${SECRET}`)
  }
  await bench.work({ mail: fails }, { encryption: withKey('k1'), maxRetries: 0 })
  const client = new Client({ redis: bench.redis, namespace: bench.namespace, encryption: withKey('k1') })
  await client.enqueue('mail', { to: SECRET }, { id: 'm1' })
  await bench.untilState('m1', 'dead')
  await bench.client.operator.pause('default')
  return bench
}

it('the console shows which key a task wants in place of payload, error and stack', async () => {
  const { url, namespace, client } = await aDeadTask()
  const top = await live(url, namespace)
  top.press('4')
  expect(await top.read()).toContain('<encrypted kid=k1>')
  top.press('Enter')
  const screen = await top.read()
  expect(screen).toMatch(/Payload[^]*<encrypted kid=k1>[^]*Error[^]*<encrypted kid=k1>/)
  expect(screen).not.toContain(SECRET)
  const doc = toTaskDoc((await client.getTask('m1'))!, { parents: [], children: [] })
  expect(doc.payload).toEqual(['<encrypted kid=k1>'])
})

it('the console encrypts what it enqueues with a file of keys, and edits no encrypted payload even so', async () => {
  const { url, namespace, client } = await aDeadTask()
  const source = openSource({ redis: { url }, namespace, by: 'anna', encryption: withKey('k1') })
  const { id } = await source.changes.enqueue('mail', SECRET, {})
  expect((await client.getTask(id))?.payload).toBe('<encrypted kid=k1>')
  const about = { address: safeLine(''), namespace: safeLine(''), isReadOnly: false, context: undefined }
  const store = new Store(openingState(about, { columns: 80, rows: 24 }, 1000, 0))
  const surroundings = { edit: () => Promise.reject(new Error('no editor is to be opened')) }
  const editing = new Editing({ source, store, surroundings, nowMs: () => 0, lend: (work) => work() })
  expect(await editing.run({ queue: 'default', id: 'm1' })).toEqual({
    tone: 'warn',
    text: 'its payload is encrypted with key k1: edit it with dq dlq replay --payload and a file of keys that has k1',
  })
  await source.close()
})
