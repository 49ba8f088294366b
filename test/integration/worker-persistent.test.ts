import { describe, expect, it } from 'vitest'
import { Broker } from '../../src/core/broker.ts'
import { Client } from '../../src/core/client.ts'
import { DqError } from '../../src/core/errors.ts'
import { Events } from '../../src/core/events.ts'
import { Persistent } from '../../src/core/persistent.ts'
import type { ScriptHost } from '../../src/core/redis.ts'
import { Worker } from '../../src/core/worker/worker.ts'
import { startRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'
import { type Workbench, workbench } from '../helpers/workbench.ts'

const CLAIM = {
  worker: 'w1',
  want: 2,
  quotas: { high: 0, default: 2, low: 0 },
  leaseMs: 30_000,
  timeoutMs: 30_000,
  idle: true,
  timeouts: {},
}

/** Runs every script, and loses the answers of the first ones. */
function forgetful({ redis }: Workbench, losses: number, code: 'timeout' | 'broken_reply' = 'timeout'): ScriptHost {
  let left = losses
  return {
    async runScript(...call) {
      const reply = await redis.runScript(...call)
      if (left-- > 0) throw new DqError(code, 'the answer was lost')
      return reply
    },
  }
}

describe('a call whose answer is lost', () => {
  it('is repeated until it is answered, and has run once', async () => {
    const bench = await workbench()
    const ids = [await bench.client.enqueue('a', {}), await bench.client.enqueue('a', {})].map(({ id }) => id)
    const troubles: string[] = []
    const host = new Persistent(forgetful(bench, 3), {
      random: () => 0,
      onTrouble: (script) => void troubles.push(script),
    })
    const broker = new Broker(host, { namespace: bench.namespace })
    const reply = await broker.claim('default', CLAIM)
    expect(reply).toMatchObject({ word: 'granted', tasks: ids.map((id) => ({ id })) })
    expect(troubles).toEqual(['claim', 'claim', 'claim'])
    expect(await bench.redis.call('ZCARD', bench.keys.leases)).toBe(1)
  })

  it('is not repeated when waiting does not mend it', async () => {
    const bench = await workbench()
    const host = new Persistent(forgetful(bench, 1, 'broken_reply'))
    const broker = new Broker(host, { namespace: bench.namespace })
    await expect(broker.claim('default', CLAIM)).rejects.toMatchObject({ code: 'broken_reply' })
  })

  it('fails once nobody waits for it any more, also in the middle of a pause', async () => {
    const bench = await workbench()
    const host: Persistent = new Persistent(forgetful(bench, Number.POSITIVE_INFINITY), {
      onTrouble: () => host.close(),
    })
    const broker = new Broker(host, { namespace: bench.namespace })
    await expect(broker.claim('default', CLAIM)).rejects.toMatchObject({ code: 'timeout' })
    await expect(broker.claim('default', CLAIM)).rejects.toMatchObject({ code: 'timeout' })
  })
})

describe('a worker whose Redis goes away', () => {
  it('works again by itself once Redis is back', async () => {
    const server = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
    const events = new Events()
    const states: string[] = []
    events.on('redis.down', () => void states.push('down'))
    events.on('redis.up', () => void states.push('up'))
    const client = new Client({ redisUrl: server.url })
    const worker = new Worker({ redisUrl: server.url, events, tasks: { a: () => 1 } })
    await worker.start()
    await client.enqueue('a', {})
    await until(() => worker.stats().completed === 1)
    await server.kill9()
    await until(() => states.includes('down'))
    await server.restart()
    await client.enqueue('a', {})
    await until(() => worker.stats().completed === 2)
    expect(states.at(-1)).toBe('up')
    await worker.stop()
    await client.close()
    await server.stop()
  })
})
