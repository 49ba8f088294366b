import { expect, it } from 'vitest'
import { dq, dqJson } from '../helpers/cli.ts'
import { workbench } from '../helpers/workbench.ts'

it('dq run puts what waits for its time into line, and says of each id what came of it', async () => {
  const bench = await workbench()
  const { client } = bench
  for (const id of ['later', 'later2']) await client.enqueue('mail', 1, { id, delay: '1h', queue: 'mails' })
  await client.enqueue('mail', 1, { id: 'now' })
  expect(await dq(bench, ['run', 'later'])).toEqual({ code: 0, out: 'later is in line now', err: '' })
  expect((await client.getTask('later'))?.state).toBe('pending')
  expect(await dqJson(bench, ['run', 'later2', '--queue', 'mails'])).toEqual([{ id: 'later2', outcome: 'hastened' }])
  expect(await dq(bench, ['run', 'later', 'now', 'nope'])).toEqual({
    code: 1,
    out: 'later waits for no time\nnow waits for no time\nnope is not known',
    err: '',
  })
  const [entry] = await client.inspector.audit({ queues: ['mails'], limit: 1 })
  expect(entry).toMatchObject({ action: 'run', count: 1, detail: 'later2' })
})

it('dq run runs a task at once that waits for its next attempt', async () => {
  const bench = await workbench()
  let runs = 0
  // Nobody but dq moves what waits: this worker does no upkeep.
  await bench.work({
    mail: () => {
      if (++runs === 1) throw new Error('421')
    },
  })
  await bench.client.enqueue('mail', 1, { id: 'm' })
  await bench.untilState('m', 'retrying')
  expect((await dq(bench, ['run', 'm'])).code).toBe(0)
  expect(await bench.untilState('m', 'completed')).toMatchObject({ attempt: 2 })
})
