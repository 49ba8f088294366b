import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { Client } from '../../src/core/client.ts'
import { dqDaemon } from '../helpers/daemon.ts'
import { sharedRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'
import { workbench } from '../helpers/workbench.ts'

const line = (name: string, spec: string): string => `  - { name: ${name}, spec: "${spec}", type: echo, missed: all }\n`

it('daemons save the schedules of their file once, and SIGHUP those that it names then', async () => {
  const { url, namespace } = await sharedRedis()
  const client = new Client({ redisUrl: url, namespace })
  onTestFinished(() => client.close())
  const folder = mkdtempSync(join(tmpdir(), 'dq-schedules-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'dq.yaml'), `schedules:\n${line('a', '@every 1s')}${line('b', '@daily')}`)
  await client.operator.saveSchedule({ name: 'hand', spec: '@daily', type: 'echo' })
  const start = () => {
    const child = dqDaemon(['--redis-url', url, '--namespace', namespace, '--roles', 'scheduler'], { cwd: folder })
    onTestFinished(() => void child.kill('SIGKILL'))
    return child
  }
  const daemons = [start(), start(), start()]
  const names = async (): Promise<string> => (await client.inspector.schedules()).map(({ name }) => name).join(' ')
  await until(async () => (await names()) === 'a b hand', { what: 'the schedules to be saved' })
  const slots = async (): Promise<number[]> => {
    const { items } = await client.inspector.tasks('default', 'pending', { limit: 500 })
    return items.map(({ id }) => Number(id.replace('a:', ''))).toSorted((a, b) => a - b)
  }
  const fired = await until(async () => (await slots()).length >= 3 && slots(), { what: 'three slots' })
  const [first] = fired
  const { createdAtMs } = (await client.inspector.schedule('a'))!
  expect(fired).toEqual(fired.map((_, i) => first! + i * 1_000))
  expect(first).toBe(createdAtMs + 1_000)
  writeFileSync(join(folder, 'dq.yaml'), `schedules:\n${line('c', '@daily')}`)
  await daemons[0]!.waitForLine(/"daemon\.started"/)
  daemons[0]!.kill('SIGHUP')
  await until(async () => (await names()) === 'c hand', { what: 'the file to be read again' })
})

it('a worker saves the schedules that its code declares, and runs them', async () => {
  const bench = await workbench()
  const schedules = [{ name: 'tick', spec: '@every 1s', type: 'tick', payload: { n: 1 } }]
  await bench.work({ tick: () => 'done' }, { schedules, upkeep: true })
  const [run] = await bench.untilSeen('task.completed')
  expect(run?.id).toMatch(/^tick:\d+$/)
  const schedule = await bench.client.inspector.schedule('tick')
  expect(schedule).toMatchObject({ payload: { n: 1 }, source: undefined })
  await bench.client.operator.removeSchedule('tick')
})

it('a worker refuses schedules that cannot be before it starts', async () => {
  const bench = await workbench()
  const schedules = [{ name: 'tick', spec: '@every 1s', type: 'tick', jitter: '2s' }]
  await expect(bench.work({}, { schedules })).rejects.toMatchObject({ code: 'invalid_input', details: ['jitter'] })
})
