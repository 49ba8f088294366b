import { describe, expect, it, onTestFinished } from 'vitest'
import { Client } from '../../src/core/client.ts'
import type { Handler } from '../../src/core/handlers.ts'
import { openRedis } from '../../src/core/redis.ts'
import { Worker } from '../../src/core/worker/worker.ts'
import { startDaemon } from '../helpers/daemon.ts'
import { type FaultProxy, startProxy } from '../helpers/proxy.ts'
import { type RedisServer, startRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'

interface Line {
  readonly server: RedisServer
  readonly proxy: FaultProxy
  /** Beside the proxy: sees Redis whatever the proxy does. */
  readonly direct: Client
}

/** Runs at the end of a test, also of one beside others. */
type AtEnd = (work: () => void | Promise<void>) => void

/** A Redis of its own behind a proxy. The books balance at the end. */
async function aLine(atEnd: AtEnd): Promise<Line> {
  const server = await startRedis({ tcp: true, args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
  const proxy = await startProxy({ port: server.port! })
  const direct = new Client({ redisUrl: server.url })
  atEnd(async () => {
    const drift: string[] = []
    for (const queue of await direct.inspector.queueNames())
      drift.push(
        ...(await direct.inspector.verify(queue)).drift,
        ...(await direct.inspector.verifyDeep(queue)).problems,
      )
    await direct.close()
    await proxy.close()
    await server.stop()
    if (drift.length > 0) throw new Error(`the books do not balance: ${drift.join('; ')}`)
  })
  return { server, proxy, direct }
}

async function aWorker({ proxy }: Line, atEnd: AtEnd, run: Handler = () => 'done'): Promise<Worker> {
  const worker = new Worker({ redisUrl: proxy.url, queues: ['here'], concurrency: 8, tasks: { echo: run } })
  await worker.start()
  atEnd(() => worker.stop({ graceMs: 0 }))
  return worker
}

/** Something that goes wrong, and ends. */
type Trouble = readonly [
  what: string,
  begin: (line: Line) => void | Promise<void>,
  end: (line: Line) => void | Promise<void>,
]

const TROUBLES: readonly Trouble[] = [
  [
    'nothing passes in either direction',
    ({ proxy }) => proxy.blackhole('both'),
    ({ proxy }) => proxy.blackhole(undefined),
  ],
  ['requests are swallowed', ({ proxy }) => proxy.blackhole('up'), ({ proxy }) => proxy.blackhole(undefined)],
  ['replies are swallowed', ({ proxy }) => proxy.blackhole('down'), ({ proxy }) => proxy.blackhole(undefined)],
  [
    'every connection stays half open for ever, and new ones work',
    ({ proxy }) => proxy.blackhole('both'),
    ({ proxy }) => proxy.blackhole(undefined, { resetOnHeal: false }),
  ],
  [
    'connections are reset and refused',
    ({ proxy }) => {
      proxy.refuse(true)
      proxy.resetAll()
    },
    ({ proxy }) => proxy.refuse(false),
  ],
  ['Redis hangs', ({ server }) => server.freeze(), ({ server }) => server.thaw()],
  ['Redis is killed', ({ server }) => server.kill9(), ({ server }) => server.restart()],
]

/** Longer than any deadline of a connection. */
const LOSS = { timeoutMs: 20_000, everyMs: 50, what: 'the loss to be noticed' }

async function untilDone({ direct }: Line, ids: readonly string[]): Promise<void> {
  const isDone = async (id: string): Promise<boolean> => (await direct.getTask(id))?.state === 'completed'
  const options = { timeoutMs: 20_000, everyMs: 50, what: 'the tasks to be done' }
  for (const id of ids) await until(() => isDone(id), options)
}

async function enqueue({ direct }: Line, queue: string, count: number): Promise<string[]> {
  const items = Array.from({ length: count }, (_, i) => ({ type: 'echo', payload: i, queue }))
  return (await direct.enqueueMany(items)).map((one) => {
    if ('error' in one) throw one.error
    return one.id
  })
}

describe('a worker and a daemon work again by themselves after', () => {
  it.concurrent.for(TROUBLES)('%s', async ([, begin, end], { onTestFinished: atEnd }) => {
    const line = await aLine(atEnd)
    const worker = await aWorker(line, atEnd)
    let downs = 0
    worker.events.on('redis.down', () => void downs++)
    const daemon = await startDaemon({ redisUrl: line.proxy.url, args: ['--queues', 'there'] })
    atEnd(() => void daemon.process.kill('SIGKILL'))
    const ready = async (): Promise<string> => (await daemon.call('GET', '/readyz')).text
    await untilDone(line, [...(await enqueue(line, 'here', 3)), ...(await enqueue(line, 'there', 3))])

    await begin(line)
    await until(() => downs > 0, LOSS)
    await until(async () => (await ready()) === 'redis', LOSS)
    expect((await daemon.call('GET', '/livez')).status).toBe(200)

    await end(line)
    await untilDone(line, [...(await enqueue(line, 'here', 5)), ...(await enqueue(line, 'there', 5))])
    await until(async () => (await ready()) === 'ok', { what: 'the daemon to be ready' })
    await until(() => worker.stats().busy === 0)
    expect(await daemon.stop()).toEqual({ code: 0, signal: null })
  })

  it.concurrent('nothing: a worker that waits keeps its connections', async ({ onTestFinished: atEnd }) => {
    const line = await aLine(atEnd)
    let waits = 0
    line.proxy.onCommand = (command) => void (command === 'BLPOP' && waits++)
    await aWorker(line, atEnd)
    await until(() => waits === 1)
    const { connections } = line.proxy.counts
    await until(() => waits === 4, { timeoutMs: 20_000 })
    expect(line.proxy.counts.connections).toBe(connections)
  })

  it('a storm of resets in the middle of the work, without a task lost or done twice', async () => {
    const line = await aLine(onTestFinished)
    const runs = new Map<unknown, number>()
    const ids = await enqueue(line, 'here', 400)
    await aWorker(line, onTestFinished, (n) => void runs.set(n, (runs.get(n) ?? 0) + 1))
    for (let resets = 0; resets < 20; resets++) {
      const before = line.proxy.counts.commands
      await until(() => line.proxy.counts.commands > before, { everyMs: 1 })
      line.proxy.resetAll()
    }
    await untilDone(line, ids)
    expect([...runs.values()].filter((n) => n > 1)).toEqual([])
    expect(runs.size).toBe(400)
  })
})

describe('a subscription', () => {
  it('is made again when its connection is gone without a word', async () => {
    const { server, proxy } = await aLine(onTestFinished)
    const redis = openRedis({ url: proxy.url, pingMs: 100 })
    const other = openRedis({ url: server.url })
    onTestFinished(async () => {
      redis.drop()
      await other.close()
    })
    let heard = 0
    await redis.subscribe(['news'], () => void heard++)
    const isHeard = async (): Promise<boolean> => {
      await other.call('PUBLISH', 'news', 'hello')
      return heard > 0
    }
    await until(isHeard)
    proxy.blackhole('both')
    await until(() => !redis.isUp, LOSS)
    proxy.blackhole(undefined, { resetOnHeal: false })
    heard = 0
    await until(isHeard)
    expect(redis.isUp).toBe(true)
  })

  it('that is dropped while it is made again leaves nothing behind that ends the process', async () => {
    const { server, proxy } = await aLine(onTestFinished)
    const redis = openRedis({ url: `${proxy.url}/1`, pingMs: 100 })
    const other = openRedis({ url: server.url })
    onTestFinished(() => other.close())
    const unheard: unknown[] = []
    const onUnheard = (error: unknown): void => void unheard.push(error)
    process.on('unhandledRejection', onUnheard)
    onTestFinished(() => void process.off('unhandledRejection', onUnheard))
    await redis.subscribe(['news'], () => {})
    const dropped = new Promise<void>((resolve) => {
      proxy.onCommand = (command) => {
        if (command !== 'SUBSCRIBE') return
        redis.drop()
        setImmediate(resolve)
      }
    })
    proxy.resetAll()
    await dropped
    await until(() => !redis.isUp)
    await other.call('PING') // a turn of the loop and more, in which Node tells of what nobody caught
    expect(unheard).toEqual([])
  })
})

describe('a process has', () => {
  it.each([
    { who: 'one connection for a client', worker: undefined, names: [] },
    {
      who: 'four for a worker that leaves the upkeep to daemons',
      worker: { upkeep: false },
      names: ['dq-worker', 'dq-worker-cancels', 'dq-worker-renew', 'dq-worker-wait'],
    },
    {
      who: 'six for a worker that keeps its queues going',
      worker: { queues: ['a', 'b', 'c'] },
      names: ['dq-outbox', 'dq-scheduler', 'dq-worker', 'dq-worker-cancels', 'dq-worker-renew', 'dq-worker-wait'],
    },
  ])('$who', async ({ worker: options, names }) => {
    const server = await startRedis()
    onTestFinished(() => server.stop())
    const client = new Client({ redisUrl: server.url })
    onTestFinished(() => client.close())
    await client.enqueue('x', null, { queue: 'elsewhere' })
    if (options !== undefined) {
      const worker = new Worker({ redisUrl: server.url, tasks: {}, ...options })
      onTestFinished(() => worker.stop())
      await worker.start()
    }
    const observer = openRedis({ url: server.url, name: 'observer' })
    onTestFinished(() => observer.close())
    const named = async (): Promise<string[]> =>
      Array.from(String(await observer.call('CLIENT', 'LIST')).matchAll(/ name=(dq-\S+)/g), ([, name]) => name!)
    await until(async () => (await named()).length === names.length + 1)
    expect((await named()).toSorted()).toEqual(['dq-client', ...names])
  })
})
