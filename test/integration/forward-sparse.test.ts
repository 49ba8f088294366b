import { afterEach, beforeEach, expect, test } from 'vitest'
import { FlowCalls } from '../../src/core/flow-calls.ts'
import { forwardOnce } from '../../src/core/forward.ts'
import { queueKeys } from '../../src/core/keys.ts'
import { openRedis, type RedisClient } from '../../src/core/redis.ts'
import { ScriptRunner } from '../../src/core/runner.ts'
import { type RedisServer, startRedis } from '../helpers/redis.ts'

let server: RedisServer
let redis: RedisClient
beforeEach(async () => {
  // What it saves takes long, and meanwhile no table shrinks.
  server = await startRedis({ args: ['--rdb-key-save-delay', '60000000'] })
  redis = openRedis({ url: server.url })
})
afterEach(async () => {
  await redis.call('FLUSHALL') // ends the saving, too
  redis.drop()
  await server.stop()
})

const FACTS = 50_000

test('a fact in a table that was large, and is nearly empty, is forwarded', async () => {
  const { outbox } = queueKeys('dq', 'q', 'c')
  const fill = `for i = 1, ${FACTS} do redis.call('HSET', KEYS[1], 'id' .. i, 'done 0 ' .. i) end`
  const empty = `for i = 1, ${FACTS} do redis.call('HDEL', KEYS[1], 'id' .. i) end`
  await redis.call('EVAL', fill, 1, outbox)
  await redis.call('HSET', outbox, 'keeps', 'done 0 0')
  await redis.call('BGSAVE')
  await redis.call('EVAL', empty, 1, outbox)
  // Where in the table a field stands is by chance: one that is not on the first page.
  for (let i = 0; i < 1_000; i++) {
    await redis.call('HSET', outbox, `fact${i}`, 'done 0 1')
    await redis.call('HDEL', outbox, i === 0 ? 'keeps' : `fact${i - 1}`)
    const [, page] = (await redis.call('HSCAN', outbox, '0', 'COUNT', 200)) as [string, string[]]
    if (page.length === 0) break
  }
  expect(await redis.call('HLEN', outbox)).toBe(1)
  const calls = new FlowCalls(new ScriptRunner(redis, { namespace: 'dq' }))
  await forwardOnce({ redis, namespace: 'dq', calls }, 'q')
  expect(await redis.call('EXISTS', outbox)).toBe(0)
})
