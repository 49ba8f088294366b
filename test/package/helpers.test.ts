import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { isAlive, spawnNode } from '../helpers/process.ts'
import { type RedisServer, connect, sharedRedis, startRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'

const servers: RedisServer[] = []
const start = async (...options: Parameters<typeof startRedis>): Promise<RedisServer> => {
  const server = await startRedis(...options)
  servers.push(server)
  return server
}
afterEach(() => Promise.all(servers.splice(0).map((server) => server.stop())))

async function ask(server: RedisServer, ...command: [string, ...string[]]): Promise<unknown> {
  const redis = connect(server)
  try {
    return await redis.call(...command)
  } finally {
    redis.disconnect()
  }
}

describe('startRedis', () => {
  it.each([{ tcp: false }, { tcp: true }])('starts a server of its own that answers: %o', async (options) => {
    const server = await start(options)
    expect(server.url).toMatch(options.tcp ? /^redis:\/\/127\.0\.0\.1:\d+$/ : /^unix:\/\/\/.*r\.sock$/)
    expect(await ask(server, 'SET', 'k', 'v')).toBe('OK')
    await server.stop()
    expect(isAlive(server.pid)).toBe(false)
    expect(existsSync(server.dir)).toBe(false)
  })

  it('takes further settings, and keeps data over a crash when told to persist it', async () => {
    const server = await start({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
    await ask(server, 'SET', 'k', 'v')
    const before = server.pid
    await server.kill9()
    await server.restart()
    expect(server.pid).not.toBe(before)
    expect(await ask(server, 'GET', 'k')).toBe('v')
  })

  it('freezes and thaws', async () => {
    const server = await start()
    server.freeze()
    const redis = connect(server, { commandTimeout: 100, retryStrategy: null })
    redis.on('error', () => {})
    await expect(redis.ping()).rejects.toThrow(/timed out/)
    redis.disconnect()
    server.thaw()
    expect(await ask(server, 'PING')).toBe('PONG')
  })

  it('tells what redis-server said when it cannot start', async () => {
    await expect(startRedis({ args: ['--maxmemory-policy', 'nonsense'] })).rejects.toThrow(
      /did not start:[^]*maxmemory-policy/,
    )
  })

  it('leaves nothing behind when the test process is killed', async () => {
    const owner = spawnNode('test/package/fixtures/redis-owner.ts')
    const [, pid, dir] = await owner.waitForLine(/^pid (\d+) dir (.+)$/)
    expect(isAlive(Number(pid))).toBe(true)
    owner.kill('SIGKILL')
    await owner.exit
    await until(() => !isAlive(Number(pid)) && !existsSync(dir ?? ''), { what: 'the server and its folder to be gone' })
  })
})

describe('sharedRedis', () => {
  it('is one server with a namespace for each caller', async () => {
    const [one, two] = await Promise.all([sharedRedis(), sharedRedis()])
    expect(one.server.pid).toBe(two.server.pid)
    expect(one.namespace).not.toBe(two.namespace)
  })
})

describe('until', () => {
  it('gives the value that ended the wait, and takes a throw as not yet', async () => {
    let calls = 0
    const condition = (): number => {
      if (++calls < 3) throw new Error('not yet')
      return calls
    }
    expect(await until(condition)).toBe(3)
  })

  it('names what it waited for, and keeps the last error as the cause', async () => {
    const failing = until(() => Promise.reject(new Error('still red')), {
      timeoutMs: 20,
      what: 'the light to turn green',
    })
    await expect(failing).rejects.toMatchObject({
      message: 'waited 20 ms for the light to turn green; at the end it threw still red',
      cause: { message: 'still red' },
    })
  })
})

describe('spawnNode', () => {
  it('gives lines, input, environment and the exit', async () => {
    const child = spawnNode('test/package/fixtures/echo.ts', { args: ['hello'], env: { DQ_ECHO: 'world' } })
    await child.waitForLine(/^hello world$/)
    child.write('again\n')
    expect((await child.waitForLine(/^read (.*)$/))[1]).toBe('again')
    child.end()
    expect(await child.exit).toEqual({ code: 3, signal: null })
    expect(child.stderr).toEqual(['bye'])
    expect(child.kill()).toBe(false)
  })

  it('does not wait for a line that can no longer come', async () => {
    const child = spawnNode('test/package/fixtures/echo.ts')
    child.end()
    await expect(child.waitForLine(/never/)).rejects.toThrow(join('fixtures', 'echo.ts'))
  })
})
