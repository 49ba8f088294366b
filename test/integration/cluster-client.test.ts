import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { slotOf } from '../../src/core/cluster-slots.ts'
import { openRedis } from '../../src/core/index.ts'
import type { RedisClient } from '../../src/core/redis.ts'
import { type ClusterNode, type RedisCluster, startCluster } from '../helpers/cluster.ts'
import { until } from '../helpers/until.ts'

const KEY = '{q}key'
const WAIT = { timeoutMs: 30_000 }

let cluster: RedisCluster
beforeAll(async () => {
  cluster = await startCluster({ nodeTimeoutMs: 2_000 })
}, 60_000)
afterAll(() => cluster.stop())

function open(name: string, url = cluster.url): RedisClient {
  const redis = openRedis({ url, name })
  onTestFinished(() => redis.drop())
  return redis
}

/** The nodes that have a connection of this name. */
async function connected(name: string, nodes: readonly ClusterNode[] = cluster.nodes): Promise<ClusterNode[]> {
  const lists = await Promise.all(nodes.map(({ admin }) => admin.client('LIST')))
  return nodes.filter((_, i) => String(lists[i]).includes(` name=${name} `))
}

/** Both ends of a slot that is on its way, but for its keys. */
async function onItsWay(key: string): Promise<{ from: ClusterNode; to: ClusterNode; slot: string }> {
  const from = await cluster.primaryOf(key)
  const others = await Promise.all(['a', 'b', 'c', 'd'].map((other) => cluster.primaryOf(other)))
  const to = others.find((node) => node !== from)!
  const slot = String(slotOf(key))
  await to.admin.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from.id)
  await from.admin.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to.id)
  onTestFinished(async () => {
    for (const { admin } of [from, to]) await admin.call('CLUSTER', 'SETSLOT', slot, 'STABLE')
  })
  return { from, to, slot }
}

describe('the connection to a cluster', () => {
  it('has nothing open once it was closed, whatever was under way', async () => {
    const heard = open('heard')
    await heard.subscribe(['channel'], () => {})
    const used = open('used')
    await used.call('SET', KEY, 1)
    const fresh = open('fresh')
    await until(async () => expect(await connected('heard')).not.toEqual([]))
    heard.drop()
    await used.close()
    fresh.drop()
    for (const redis of [heard, used, fresh]) {
      await expect(redis.call('GET', 'a')).rejects.toMatchObject({ code: 'unavailable' })
      await expect(redis.ready()).rejects.toMatchObject({ code: 'unavailable' })
      await expect(redis.each('PING')).rejects.toMatchObject({ code: 'unavailable' })
    }
    for (const name of ['heard', 'used', 'fresh'])
      await until(async () => expect([name, await connected(name)]).toEqual([name, []]))
  })

  it('tells at once that nobody is there, unless it is to wait', async () => {
    const redis = open('nobody', 'redis-cluster://127.0.0.1:1,127.0.0.1:2')
    // Commands are given 5 s.
    const reply = redis.call('PING').catch(() => 'given up')
    await expect(redis.ready(60_000)).rejects.toMatchObject({ code: 'unavailable' })
    expect(await Promise.race([reply, Promise.resolve('still waiting')])).toBe('still waiting')
  })

  it('is up from its first word on, and says so once', async () => {
    const redis = open('states')
    const states: string[] = []
    redis.onState((state) => states.push(state))
    await redis.ready()
    await redis.call('GET', KEY)
    expect(states).toEqual(['up'])
  })

  it('hears all that is said once it listens', async () => {
    const speaker = open('speaker')
    const heard: string[] = []
    const channels = Array.from({ length: 10 }, (_, i) => `channel-${i}`)
    for (const channel of channels) {
      await open('listener').subscribe([channel], (_, message) => heard.push(message))
      await speaker.call('PUBLISH', channel, channel)
    }
    // Of different listeners the one may hear sooner than the other.
    await until(() => expect(heard.toSorted()).toEqual(channels))
  })

  it('says so when it may not listen', async () => {
    for (const { admin } of cluster.nodes)
      await admin.call('ACL', 'SETUSER', 'deaf', 'on', '>password', '~*', '+@all', 'resetchannels')
    const redis = open('deaf', cluster.url.replace('//', '//deaf:password@'))
    await expect(redis.subscribe(['channel'], () => {})).rejects.toMatchObject({ code: 'credentials' })
  })

  it('runs a script at a node that does not know it yet and gets its slot', async () => {
    const { to } = await onItsWay(KEY)
    const redis = open('asks')
    await redis.call('DEL', KEY)
    await to.admin.call('SCRIPT', 'FLUSH')
    expect(await redis.runScript('count', "return redis.call('INCR', KEYS[1])", [KEY], [])).toBe(1)
    await to.admin.pipeline([['asking'], ['del', KEY]]).exec()
  })

  it('sends what is too long for the stack, also with a wait behind it', async () => {
    const keys = Array.from({ length: 200_000 }, (_, i) => `{q}${i}`)
    expect(
      await open('long').batch([
        ['EXISTS', ...keys],
        ['WAIT', 0, 1],
      ]),
    ).toEqual([0, expect.any(Number)])
  })

  it('does not hurry between nodes that disagree', async () => {
    const { to, from, slot } = await onItsWay(KEY)
    await to.admin.call('CLUSTER', 'SETSLOT', slot, 'STABLE')
    const redis = open('hurries')
    await redis.ready()
    await from.admin.config('RESETSTAT')
    await expect(redis.call('GET', '{q}absent')).rejects.toMatchObject({ code: 'unavailable' })
    const [, tries] = /cmdstat_get:.*rejected_calls=(\d+)/.exec(await from.admin.info('commandstats'))!
    expect(Number(tries)).toBeLessThan(100)
  })

  it('comes back by itself when the one primary that it knew was killed while it asked nothing', async () => {
    const redis = open('idle')
    await redis.ready()
    const [node] = await connected('idle')
    const successor = await cluster.replicaOf(node!)
    const states: string[] = []
    redis.onState((state) => states.push(state))
    await node!.server.kill9()
    await until(async () => (await successor.admin.info('replication')).includes('role:master'), WAIT)
    await node!.server.restart()
    await cluster.settled()
    await until(() => expect(states).toEqual(['down', 'up']))
  }, 90_000)
})
