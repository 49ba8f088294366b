import type { Redis } from 'ioredis'
import { connect, freePort, type RedisServer, startRedis, type StartRedisOptions } from './redis.ts'
import { until } from './until.ts'

export interface ClusterNode {
  readonly server: RedisServer
  readonly id: string
  readonly admin: Redis
}

export interface RedisCluster {
  /** `redis-cluster://…`, with all nodes as seeds. */
  readonly url: string
  /** The first three began as primaries, each of the others as a replica of one of these. */
  readonly nodes: readonly ClusterNode[]
  /** The primary that has the slot of this key, as the others see it. */
  primaryOf(key: string): Promise<ClusterNode>
  /** A replica of it that is there. */
  replicaOf(node: ClusterNode): Promise<ClusterNode>
  /** Resolves when all slots are served, and every replica follows its primary. */
  readonly settled: () => Promise<void>
  readonly stop: () => Promise<void>
}

const PRIMARIES = 3
const SLOTS = 16_384

interface Seen {
  readonly id: string
  readonly address: string
  readonly flags: readonly string[]
  readonly primary: string
  readonly isLinked: boolean
}

/** What a node says of all of them. */
async function seenBy(admin: Redis): Promise<Seen[]> {
  const text = String(await admin.cluster('NODES'))
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [id = '', address = '', flags = '', primary = '', , , , link = ''] = line.split(' ')
      return { id, address, flags: flags.split(','), primary, isLinked: link === 'connected' }
    })
}

const isFailing = ({ flags, isLinked }: Seen): boolean =>
  flags.some((flag) => flag.startsWith('fail') || flag === 'handshake' || flag === 'noaddr') || !isLinked

async function isSettled(nodes: readonly ClusterNode[]): Promise<boolean> {
  for (const { admin } of nodes) {
    if (!(await admin.cluster('INFO')).includes('cluster_state:ok')) return false
    const seen = await seenBy(admin)
    // Who follows whom is heard of later than who is there.
    if (seen.some(isFailing) || seen.filter(({ flags }) => flags.includes('slave')).length !== PRIMARIES) return false
    const info = await admin.info('replication')
    if (info.includes('role:slave') && !info.includes('master_link_status:up')) return false
  }
  return true
}

/** Six servers: three primaries with a replica each. @param nodeTimeoutMs after which a silent one is replaced. */
export async function startCluster(
  options: StartRedisOptions & { readonly nodeTimeoutMs?: number } = {},
): Promise<RedisCluster> {
  const { nodeTimeoutMs = 5_000, args = [] } = options
  const nodes: ClusterNode[] = []
  const stop = async (): Promise<void> => {
    for (const { admin } of nodes) admin.disconnect()
    await Promise.all(nodes.map(({ server }) => server.stop()))
  }
  try {
    for (let i = 0; i < PRIMARIES * 2; i++) nodes.push(await startNode(nodeTimeoutMs, args))
    await form(nodes)
    await until(() => isSettled(nodes), { timeoutMs: 30_000, what: 'the cluster to form' })
  } catch (error) {
    await stop()
    throw error
  }
  const reachable = async (): Promise<ClusterNode> => {
    for (const node of nodes) if (await answers(node)) return node
    throw new Error('no node of the cluster answers')
  }
  const byId = (id: string): ClusterNode => nodes.find((node) => node.id === id)!
  return {
    url: `redis-cluster://${nodes.map(({ server }) => `127.0.0.1:${server.port}`).join(',')}`,
    nodes,
    async primaryOf(key) {
      const { admin } = await reachable()
      const slot = await admin.cluster('KEYSLOT', key)
      const ranges = (await admin.call('CLUSTER', 'SLOTS')) as [number, number, [string, number, string]][]
      return byId(ranges.find(([first, last]) => first <= slot && slot <= last)![2][2])
    },
    async replicaOf({ id }) {
      const all = await seenBy((await reachable()).admin)
      return byId(all.find((node) => node.primary === id && !isFailing(node))!.id)
    },
    async settled() {
      await until(() => isSettled(nodes), { timeoutMs: 60_000, everyMs: 100, what: 'the cluster to settle' })
    },
    stop,
  }
}

const answers = ({ admin }: ClusterNode): Promise<boolean> =>
  Promise.race([
    admin.ping().then(() => true),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 300)),
  ]).catch(() => false)

async function startNode(nodeTimeoutMs: number, args: readonly string[]): Promise<ClusterNode> {
  const settings = ['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf', '--cluster-node-timeout']
  const bus = ['--cluster-port', String(await freePort()), '--repl-diskless-sync-delay', '0']
  const server = await startRedis({ tcp: true, args: [...settings, String(nodeTimeoutMs), ...bus, ...args] })
  const admin = connect(server, { maxRetriesPerRequest: null })
  admin.on('error', () => {}) // it is killed and frozen on purpose
  return { server, admin, id: await admin.cluster('MYID') }
}

async function form(nodes: readonly ClusterNode[]): Promise<void> {
  const [first] = nodes
  const primaries = nodes.slice(0, PRIMARIES)
  const share = Math.ceil(SLOTS / PRIMARIES)
  for (const [i, { admin }] of primaries.entries())
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', i * share, Math.min((i + 1) * share, SLOTS) - 1)
  for (const { admin, server } of nodes.slice(1)) {
    await admin.call('CLUSTER', 'SET-CONFIG-EPOCH', String(server.port))
    const busPort = (await first!.admin.config('GET', 'cluster-port'))[1]!
    await admin.call('CLUSTER', 'MEET', '127.0.0.1', String(first!.server.port), busPort)
  }
  await until(async () =>
    (await Promise.all(nodes.map(({ admin }) => seenBy(admin)))).every(
      (all) => all.length === nodes.length && !all.some(isFailing),
    ),
  )
  for (const [i, { admin }] of nodes.slice(PRIMARIES).entries())
    await admin.call('CLUSTER', 'REPLICATE', primaries[i]!.id)
}
