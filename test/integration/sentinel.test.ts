import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { Client, Worker } from '../../src/core/index.ts'
import { type SentinelTrio, startSentinels } from '../helpers/sentinel.ts'
import { until } from '../helpers/until.ts'

let trio: SentinelTrio
beforeAll(async () => {
  trio = await startSentinels({ downAfterMs: 2_000 })
}, 60_000)
afterAll(() => trio.stop())

/** What a client and a worker do of which each task is noted. */
async function atWork(
  namespace: string,
): Promise<{ client: Client; done: string[]; runs: (name: string) => Promise<void> }> {
  const client = new Client({ redisUrl: trio.url, namespace, timeoutMs: 30_000 })
  const done: string[] = []
  const worker = new Worker({
    redisUrl: trio.url,
    namespace,
    tasks: { t: async (name) => void done.push(String(name)) },
  })
  onTestFinished(async () => {
    await worker.stop()
    await client.close()
  })
  await worker.start()
  const runs = async (name: string): Promise<void> => {
    await client.enqueue('t', name)
    await until(() => done.includes(name), { timeoutMs: 30_000 })
  }
  await runs('first')
  return { client, done, runs }
}

describe('a primary that Sentinels watch', () => {
  it('is followed to another server when it is killed', async () => {
    const { client, runs } = await atWork('a')
    const was = await trio.primary()
    await was.kill9()
    await runs('after the kill')
    expect(await trio.primary()).not.toBe(was)
    expect(await client.inspector.verifyDeep('default')).toMatchObject({ ok: true })
    await was.restart()
    await trio.settled()
  }, 90_000)

  it('is followed when it hangs, and is not believed when it comes back', async () => {
    const { client, done, runs } = await atWork('b')
    const was = await trio.primary()
    was.freeze()
    await runs('while it hangs')
    was.thaw()
    await runs('when it is back')
    await trio.settled()
    expect(new Set(done).size).toBe(3)
    expect(await client.inspector.verifyDeep('default')).toMatchObject({ ok: true })
  }, 90_000)
})
