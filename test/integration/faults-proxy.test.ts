import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { type FaultProxy, startProxy } from '../helpers/proxy.ts'
import { connect, type RedisServer, startRedis } from '../helpers/redis.ts'
import { FrameReader, wordsOf } from '../helpers/resp.ts'
import { until } from '../helpers/until.ts'

const isOn = (name: string) => (command: string) => command === name

/** The outcomes of commands that left in one write. */
async function outcomes(commands: readonly Promise<unknown>[]): Promise<unknown[]> {
  const settled = await Promise.allSettled(commands)
  return settled.map((one) => (one.status === 'fulfilled' ? one.value : (one.reason as Error).message))
}

describe('reading values from a stream', () => {
  const stream =
    '*2\r\n$3\r\nGET\r\n$4\r\na\r\nb\r\n*-1\r\n$-1\r\n*0\r\n*2\r\n*1\r\n:5\r\n$0\r\n\r\n+OK\r\n-ERR no\r\nPING\r\n'
  const frames = ['*2\r\n$3\r\nGET\r\n$4\r\na\r\nb\r\n', '*-1\r\n', '$-1\r\n', '*0\r\n', '*2\r\n*1\r\n:5\r\n$0\r\n\r\n']

  it.each([1, 2, 3, 7, stream.length])('finds the same values in pieces of %i bytes', (size) => {
    const found: string[] = []
    const reader = new FrameReader((frame) => void found.push(frame.toString()))
    for (let at = 0; at < stream.length; at += size) reader.push(Buffer.from(stream.slice(at, at + size)))
    expect(found).toEqual([...frames, '+OK\r\n', '-ERR no\r\n', 'PING\r\n'])
  })

  it('tells the words of a request, long ones only by their beginning', () => {
    expect(
      wordsOf(Buffer.from('*3\r\n$3\r\nset\r\n$3\r\nkéy\r\n$3\r\nä1\r\n'.replace('$3\r\nkéy', '$4\r\nkéy'))),
    ).toEqual(['set', 'kéy', 'ä1'])
    expect(wordsOf(Buffer.from(`*2\r\n$4\r\nECHO\r\n$300\r\n${'x'.repeat(300)}\r\n`))).toEqual([
      'ECHO',
      'x'.repeat(256),
    ])
    expect(wordsOf(Buffer.from('PING  hello\r\n'))).toEqual(['PING', 'hello'])
  })
})

describe('the fault proxy', () => {
  let server: RedisServer
  let direct: Redis
  let proxy: FaultProxy

  beforeAll(async () => {
    server = await startRedis()
    direct = connect(server)
  })
  afterAll(async () => {
    direct.disconnect()
    await server.stop()
  })
  beforeEach(async () => {
    await direct.flushall()
    proxy = await startProxy({ path: server.socketPath })
    onTestFinished(() => proxy.close())
  })

  /** A connection through the proxy; one that never repeats anything by itself unless told. */
  async function through({ repeats = false } = {}): Promise<Redis> {
    const redis = new Redis(proxy.port, '127.0.0.1', {
      retryStrategy: () => 5,
      maxRetriesPerRequest: repeats ? null : 0,
      lazyConnect: true,
    })
    redis.on('error', () => {})
    onTestFinished(() => redis.disconnect())
    await redis.connect()
    return redis
  }

  it('passes everything on, large values and nested replies too', async () => {
    const redis = await through()
    const large = 'v'.repeat(3 * 1024 * 1024)
    await redis.set('large', large)
    expect(await redis.get('large')).toBe(large)
    expect(await redis.eval('return {1, {2, {"x", {}}}, "y"}', 0)).toEqual([1, [2, ['x', []]], 'y'])
    const many = await Promise.all(Array.from({ length: 2000 }, (_, i) => redis.echo(String(i))))
    expect(many).toEqual(Array.from({ length: 2000 }, (_, i) => String(i)))
    expect(proxy.counts).toMatchObject({ connections: 1, cuts: 0, resets: 0 })
  })

  it('cuts exactly one reply after Redis ran the command, and lets earlier ones through', async () => {
    const redis = await through()
    proxy.cutNth(3, isOn('INCR'))
    const commands = [redis.incr('n'), redis.echo('between'), redis.incr('n'), redis.incr('n')]
    expect(await outcomes(commands)).toEqual([1, 'between', 2, expect.stringMatching(/max retries/)])
    expect(await direct.get('n')).toBe('3')
    expect(await redis.incr('n')).toBe(4)
    expect(proxy.counts).toMatchObject({ connections: 2, cuts: 1 })
  })

  it('cuts scripts by chance, and nothing else', async () => {
    const redis = await through({ repeats: true })
    proxy.cutChance = 1
    expect(await redis.incr('n')).toBe(1)
    const script = redis.eval('return redis.call("INCR", "s")', 0)
    await until(async () => Number(await direct.get('s')) >= 3, { what: 'the script to be repeated' })
    proxy.cutChance = 0
    const last = await script
    expect(String(last)).toBe(await direct.get('s'))
    expect(proxy.counts.cuts).toBe(Number(last) - 1)
  })

  it('answers in the place of Redis, in order', async () => {
    const redis = await through()
    proxy.answer((command, args) => command === 'SET' && args[0] === 'a', "-READONLY You can't write", 1)
    const commands = [redis.incr('n'), redis.set('a', 1), redis.set('b', 1), redis.set('a', 2)]
    expect(await outcomes(commands)).toEqual([1, "READONLY You can't write", 'OK', 'OK'])
    expect(await direct.get('a')).toBe('2')
  })

  it('adds latency in each direction', async () => {
    const redis = await through()
    proxy.latencyMs = 30
    const startedAt = performance.now()
    expect(await Promise.all([redis.echo('a'), redis.echo('b')])).toEqual(['a', 'b'])
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(59)
  })

  it.each([
    ['up', null],
    ['down', '1'],
    ['both', null],
  ] as const)('swallows what goes %s, and resets the connection when that is over', async (direction, stored) => {
    const redis = await through({ repeats: true })
    proxy.blackhole(direction)
    const reply = redis.incr('n')
    if (direction === 'down') await until(async () => (await direct.get('n')) === '1')
    else await until(() => proxy.counts.connections === 1 && redis.commandQueue.length === 1)
    expect(await direct.get('n')).toBe(stored)
    expect(proxy.counts.resets).toBe(0)
    proxy.blackhole(undefined)
    expect(await reply).toBe(direction === 'down' ? 2 : 1)
    expect(proxy.counts).toMatchObject({ connections: 2, resets: 1 })
  })

  it('leaves a half-open connection silent for ever when told, and only that one', async () => {
    const lost = await through()
    const idle = await through()
    proxy.blackhole('down')
    const reply = lost.incr('n')
    await until(async () => (await direct.get('n')) === '1')
    proxy.blackhole(undefined, { resetOnHeal: false })
    expect(await idle.incr('n')).toBe(2)
    const silent = Symbol('silent')
    expect(await Promise.race([reply, idle.blpop('nothing', 0.1).then(() => silent)])).toBe(silent)
    expect(proxy.counts.resets).toBe(0)
    reply.catch(() => {}) // rejected by the end of the test
  })

  it('resets all connections, and refuses new ones until it is told otherwise', async () => {
    const redis = await through({ repeats: true })
    let attempts = 0
    redis.on('reconnecting', () => attempts++)
    proxy.refuse(true)
    proxy.resetAll()
    await until(() => attempts >= 3)
    expect(redis.status).not.toBe('ready')
    proxy.refuse(false)
    expect(await redis.incr('n')).toBe(1)
    expect(proxy.counts).toMatchObject({ connections: 2, resets: 1 })
  })

  it('leaves subscriptions alone', async () => {
    const redis = await through()
    proxy.cutChance = 1
    proxy.cutOnly = () => true
    const messages: string[] = []
    redis.on('message', (_channel, message: string) => void messages.push(message))
    await redis.subscribe('news')
    await direct.publish('news', 'a')
    await direct.publish('news', 'b')
    await until(() => messages.length === 2)
    expect(messages).toEqual(['a', 'b'])
    expect(proxy.counts.cuts).toBe(0)
  })

  it('closes connections when Redis does', async () => {
    const redis = await through({ repeats: true })
    await direct.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    expect(await redis.incr('n')).toBe(1)
    await until(() => proxy.counts.connections === 2)
  })
})
