import { expect, it } from 'vitest'
import type { Explanation, Reason } from '../../src/core/explain/facts.ts'
import { defineTask } from '../../src/core/handlers.ts'
import { until } from '../helpers/until.ts'
import { gate, workbench } from '../helpers/workbench.ts'

const reasonOf = ({ reasons }: Explanation, code: string): Reason | undefined =>
  reasons.find((reason) => reason.code === code)

it('a task under a limit is told which one, who has its slots, and how many are before it', async () => {
  const { client, work } = await workbench()
  const { open, promise } = gate()
  const mail = defineTask({ type: 'mail', concurrency: { limit: 1, key: 'tenant' }, run: () => promise })
  await work([mail], { concurrency: 5 })
  const ids: string[] = []
  for (let i = 0; i < 3; i++) ids.push((await client.enqueue(mail, { tenant: 'a' })).id)
  await until(async () => (await client.getTask(ids[2]!))?.state === 'limited')
  expect(reasonOf(await client.inspector.explain(ids[2]!), 'limited')).toMatchObject({
    code: 'limited',
    text: `it waits under the limit of type mail, key a (1 at once per key), 1 before it; 1 run: ${ids[0]}`,
    details: { type: 'mail', key: 'a', ahead: 1, running: 1, holders: [ids[0]] },
  })
  open()
  await until(async () => (await client.getTask(ids[2]!))?.state === 'completed')
})

it('a task under a rate is told when the next one may start', async () => {
  const { client, work, untilState } = await workbench()
  const mail = defineTask({ type: 'mail', rateLimit: { limit: 1, per: '1h' }, run: () => {} })
  await work([mail])
  await client.enqueue(mail, {})
  const { id } = await client.enqueue(mail, {})
  await untilState(id, 'limited')
  const reason = reasonOf(await client.inspector.explain(id), 'limited')
  expect(reason!.text).toMatch(
    /^it waits under the limit of type mail \(1\/h\), 0 before it; the next may start in (59m|1h)/,
  )
})
