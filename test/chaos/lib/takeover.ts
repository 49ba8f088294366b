import { type ClusterNode, type RedisCluster, startCluster } from '../../helpers/cluster.ts'
import { connect } from '../../helpers/redis.ts'
import { startSentinels } from '../../helpers/sentinel.ts'

/** What is done to the primary of a queue; it ends when that was done. @returns how to put things in order again. */
type Fault = () => Promise<() => Promise<void>>

/** Servers of which one takes over from another. */
export interface Takeover {
  readonly url: string
  /** A folder that goes with them. */
  readonly dir: string
  readonly faults: Readonly<Record<string, Fault>>
  /** The port of the primary that is struck, as the others see it. */
  readonly primary: () => Promise<number | undefined>
  readonly stop: () => Promise<void>
}

/** A silent server is replaced after this, ms. */
export const SILENT_MS = 5_000
const ARGS = ['--appendonly', 'yes', '--appendfsync', 'everysec']
const KEYS_AT_ONCE = 100
const MIGRATE_MS = 5_000
const PAUSE_MS = 10_000

/** @param key of the queue whose primary is struck. */
export async function clusterTakeover(key: string): Promise<Takeover> {
  const cluster = await startCluster({ nodeTimeoutMs: SILENT_MS, args: ARGS })
  const { settled } = cluster
  return {
    url: cluster.url,
    dir: cluster.nodes[0]!.server.dir,
    stop: cluster.stop,
    primary: async () => (await cluster.primaryOf(key)).server.port,
    faults: {
      async kill() {
        const { server } = await cluster.primaryOf(key)
        await server.kill9()
        return async () => {
          await server.restart()
          await settled()
        }
      },
      async hang() {
        const { server } = await cluster.primaryOf(key)
        server.freeze()
        return async () => {
          server.thaw()
          await settled()
        }
      },
      async failover() {
        const { admin } = await cluster.replicaOf(await cluster.primaryOf(key))
        await admin.call('CLUSTER', 'FAILOVER')
        return settled
      },
      async move() {
        await moveSlot(cluster, key)
        return settled
      },
    },
  }
}

/** Moves the slot of this key, key by key, to another primary. */
async function moveSlot(cluster: RedisCluster, key: string): Promise<void> {
  const from = await cluster.primaryOf(key)
  const slot = String(await from.admin.cluster('KEYSLOT', key))
  const primaries: ClusterNode[] = []
  for (const node of cluster.nodes)
    if ((await node.admin.info('replication')).includes('role:master')) primaries.push(node)
  const to = primaries.find((node) => node !== from)!
  await to.admin.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from.id)
  await from.admin.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to.id)
  for (;;) {
    const keys = (await from.admin.call('CLUSTER', 'GETKEYSINSLOT', slot, KEYS_AT_ONCE)) as string[]
    if (keys.length === 0) break
    await from.admin.call('MIGRATE', '127.0.0.1', to.server.port!, '', 0, MIGRATE_MS, 'KEYS', ...keys)
  }
  for (const node of [to, ...primaries.filter((one) => one !== to)])
    await node.admin.call('CLUSTER', 'SETSLOT', slot, 'NODE', to.id)
}

export async function sentinelTakeover(): Promise<Takeover> {
  const trio = await startSentinels({ downAfterMs: SILENT_MS, args: ARGS })
  return {
    url: trio.url,
    dir: trio.servers[0]!.dir,
    stop: trio.stop,
    primary: async () => (await trio.primary()).port,
    faults: {
      async kill() {
        const server = await trio.primary()
        await server.kill9()
        return async () => {
          await server.restart()
          await trio.settled()
        }
      },
      async hang() {
        const server = await trio.primary()
        server.freeze()
        return async () => {
          server.thaw()
          await trio.settled()
        }
      },
      /** As it is to be done by hand: until the old primary has heard of it, it answers nothing that would be lost. */
      async failover() {
        const admin = connect(await trio.primary())
        await admin.call('CLIENT', 'PAUSE', PAUSE_MS, 'WRITE')
        await trio.failover()
        return async () => {
          admin.disconnect()
          await trio.settled()
        }
      },
    },
  }
}
