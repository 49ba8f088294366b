import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { aDaemon, call, dqDaemon, runToEnd } from '../helpers/daemon.ts'
import { sharedRedis, startRedis, type StartRedisOptions } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'

const QUIET_PLACES = ['--api-addr', '127.0.0.1:0', '--metrics-addr', '127.0.0.1:0']

/** What no message may show: places in the source of the daemon. */
const STACK = /src\/daemon|src\/core|at \w+ \(/

async function aRedis(options: StartRedisOptions): Promise<string> {
  const server = await startRedis(options)
  onTestFinished(() => server.stop())
  return server.url
}

function aFolder(files: Record<string, string> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'dq-start-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}

describe('a daemon that cannot start', () => {
  it('names every mistake in its options, one a line, and ends with 2', async () => {
    const ended = await runToEnd(['--concurency', '3', '--lease-ttl', 'x', '--redis-sentinel', 'a:b'], {
      API_ADDR: ':8081',
    })
    expect(ended).toMatchObject({ code: 2, stdout: [] })
    expect(ended.stderr.split('\n')).toEqual([
      'dq-daemon: --concurency is no option; did you mean --concurrency?',
      "dq-daemon: --redis-sentinel: 'a:b' is no list of hosts; write host:port,host:port/primary",
      "dq-daemon: --lease-ttl: 'x' is not a duration from 300ms to 1d; write 3s, 500ms, 1m30s or a number of seconds",
      expect.stringMatching(/^dq-daemon: the API may not listen on 0\.0\.0\.0:8081 without a key; set API_KEY/),
    ])
  })

  it('names the command that is none', async () => {
    expect(await runToEnd(['chek'])).toMatchObject({
      code: 2,
      stderr: 'dq-daemon: chek is no command; did you mean check?; there are run, check, config, health',
    })
  })

  it.each<[string, string, string | undefined, RegExp]>([
    ['is absent', 'gone.ts', undefined, /there is no such file$/],
    ['is something else', 'tasks.json', '{}', /it is none of \.ts, /],
    ['is not JavaScript', 'tasks.mjs', 'export default [\n', /Unexpected end of input|Unexpected token/],
    ['is not TypeScript', 'tasks.ts', 'export default [ const\n', /./],
    ['throws', 'tasks.mjs', "throw new Error('no database')", /no database$/],
    ['imports what is not there', 'tasks.mjs', "import 'not-installed'", /Cannot find package 'not-installed'/],
    ['exports nothing', 'tasks.mjs', 'export const a = 1', /it exports no tasks; export default \[defineTask/],
    [
      'exports no handlers',
      'tasks.mjs',
      'export default { email: 3 }',
      /email is neither a handler function nor made by defineTask/,
    ],
    [
      'has a type of the daemon',
      'tasks.mjs',
      "export default { 'demo.email': () => {} }",
      /type demo\.email is defined in the built-in types already/,
    ],
  ])('names the handlers file that %s, and its cause, and ends with 2', async (_, name, content, cause) => {
    const folder = aFolder(content === undefined ? {} : { [name]: content })
    const { code, stderr } = await runToEnd(['--handlers', name], {}, folder)
    expect(code).toBe(2)
    expect(stderr).toContain(`dq-daemon: handlers file ${join(folder, name)} cannot be used: `)
    expect(stderr).toMatch(cause)
    expect(stderr.split('\n')).toHaveLength(1)
    expect(stderr).not.toMatch(STACK)
  })

  it('names the type that two files define', async () => {
    const file = 'export default { email: () => {} }'
    const folder = aFolder({ 'a.mjs': file, 'b.mjs': file })
    const { code, stderr } = await runToEnd(['--handlers', 'a.mjs,b.mjs'], {}, folder)
    expect(code).toBe(2)
    expect(stderr).toBe(
      `dq-daemon: handlers file ${folder}/b.mjs cannot be used: type email is defined in ${folder}/a.mjs already`,
    )
  })

  it('ends with 78 and one line when Redis refuses the password, which it does not show', async () => {
    const url = await aRedis({ args: ['--requirepass', 'right'] })
    for (const password of ['hunter2', '']) {
      const { code, complaints, stdout, stderr } = await runToEnd([...QUIET_PLACES, '--redis-url', url], {
        REDIS_PASSWORD: password,
      })
      expect(code).toBe(78)
      expect(complaints).toHaveLength(1)
      expect(complaints[0]).toMatch(/refused the credentials.*check user, password and ACL/)
      expect(stdout.join() + stderr).not.toContain('hunter2')
    }
  })

  it('ends with 1 on a Redis that evicts tasks, unless it was told to bear it', async () => {
    const redisUrl = await aRedis({ args: ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'] })
    const { code, complaints } = await runToEnd([...QUIET_PLACES, '--redis-url', redisUrl])
    expect(code).toBe(1)
    expect(complaints).toEqual([
      expect.stringMatching(
        /maxmemory-policy allkeys-lru.*CONFIG SET maxmemory-policy noeviction, or start with --allow-eviction/,
      ),
    ])
    const daemon = await aDaemon({ redisUrl, args: ['--allow-eviction'] })
    expect(await daemon.call('GET', '/readyz')).toMatchObject({ status: 200 })
  })

  it.each(['--api-addr', '--metrics-addr'])('ends with 1 when the address of %s is taken', async (flag) => {
    const { url, namespace } = await sharedRedis()
    const server = createServer().listen(0, '127.0.0.1')
    await until(() => server.listening)
    onTestFinished(() => void server.close())
    const { port } = server.address() as { port: number }
    const args = [
      '--redis-url',
      url,
      '--namespace',
      namespace,
      ...QUIET_PLACES.map((word, i, all) => (all[i - 1] === flag ? `127.0.0.1:${port}` : word)),
    ]
    const { code, complaints } = await runToEnd(args)
    expect(code).toBe(1)
    expect(complaints).toEqual([
      expect.stringMatching(
        new RegExp(
          `cannot listen on 127\\.0\\.0\\.1:${port}: another program listens there; choose another address with ${flag}`,
        ),
      ),
    ])
  })
})

describe('a daemon without Redis', () => {
  it('waits for it, says so once, is alive but not ready, and then works', async () => {
    const server = await startRedis({ tcp: true })
    onTestFinished(() => server.stop())
    await server.kill9()
    const child = dqDaemon(['--redis-url', server.url, ...QUIET_PLACES])
    onTestFinished(() => void child.kill('SIGKILL'))
    await child.waitForLine(
      new RegExp(`cannot reach Redis at 127.0.0.1:${server.port}: connect ECONNREFUSED.*waiting for it`),
    )
    const [, api] = await child.waitForLine(/"daemon\.starting".*"api":"([^"]+)"/)
    expect(await call(`http://${api}`, 'GET', '/livez')).toMatchObject({ status: 200, text: 'ok' })
    expect(await call(`http://${api}`, 'GET', '/readyz')).toMatchObject({ status: 503, text: 'redis' })
    expect(await call(`http://${api}`, 'GET', '/v1/queues')).toMatchObject({ status: 503 })
    await server.restart()
    await child.waitForLine(/"daemon\.started"/)
    expect(child.stdout.filter((line) => line.includes('redis.waiting'))).toHaveLength(1)
    child.kill('SIGTERM')
    expect(await child.exit).toEqual({ code: 0, signal: null })
  })

  it('ends at once when told to, while it waits', async () => {
    const child = dqDaemon(['--redis-url', 'redis://127.0.0.1:1', ...QUIET_PLACES])
    await child.waitForLine(/waiting for it/)
    child.kill('SIGTERM')
    expect(await child.exit).toEqual({ code: 0, signal: null })
  })
})
