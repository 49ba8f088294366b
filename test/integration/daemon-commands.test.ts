import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { aDaemon, dqDaemon, runToEnd } from '../helpers/daemon.ts'
import { connect, sharedRedis, startRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'

describe('the commands beside run', () => {
  it('check finds what is wrong with a Redis, and changes nothing', async () => {
    const server = await startRedis({ args: ['--appendonly', 'yes'] })
    onTestFinished(() => server.stop())
    const good = await runToEnd(['check', '--redis-url', server.url])
    expect(good.code).toBe(0)
    expect(good.stdout.map((line) => line.slice(0, 4))).toEqual(Array.from({ length: 8 }, () => 'ok  '))
    const redis = connect(server)
    onTestFinished(() => redis.disconnect())
    expect(await redis.dbsize()).toBe(0)
    await redis.call(
      'ACL',
      'SETUSER',
      'viewer',
      'on',
      '>pw',
      '~*',
      '&*',
      '+@read',
      '+ping',
      '+info',
      '+time',
      '+client',
    )
    const viewer = await runToEnd(['check', '--redis-url', server.url], {
      REDIS_USERNAME: 'viewer',
      REDIS_PASSWORD: 'pw',
    })
    expect(viewer.code).toBe(1)
    expect(viewer.stdout.at(-1)).toMatch(/^FAIL {2}Redis at .* does not let its user run EVAL_RO/)
    await redis.call('CONFIG', 'SET', 'maxmemory-policy', 'volatile-ttl', 'appendonly', 'no')
    const bad = await runToEnd(['check', '--redis-url', server.url])
    expect(bad.code).toBe(1)
    expect(bad.stdout.filter((line) => !line.startsWith('ok'))).toEqual([
      expect.stringMatching(/^FAIL {2}Redis evicts keys/),
      expect.stringMatching(/^warn {2}no append-only file/),
    ])
  })

  it('check says what cannot be reached, or refuses the password', async () => {
    const absent = await runToEnd(['check', '--redis-url', 'redis://127.0.0.1:1'])
    expect(absent).toMatchObject({ code: 1 })
    expect(absent.stdout.at(-1)).toBe('FAIL  cannot reach Redis at 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1')
    const closed = await startRedis({ args: ['--requirepass', 'right'] })
    onTestFinished(() => closed.stop())
    expect(await runToEnd(['check', '--redis-url', closed.url], { REDIS_PASSWORD: 'wrong' })).toMatchObject({
      code: 78,
    })
  })

  it('config shows values and origins, and no secret', async () => {
    const ended = await runToEnd(['config', '--concurrency', '7'], { API_KEY: 'k3y', REDIS_URL: 'rediss://:pw@h:1/2' })
    expect(ended.code).toBe(0)
    expect(ended.stdout).toContainEqual(expect.stringMatching(/^concurrency +7 +--concurrency$/))
    expect(ended.stdout).toContainEqual(expect.stringMatching(/^redis-url +rediss:\/\/:\*\*\*@h:1\/2 +REDIS_URL$/))
    expect(ended.stdout.join()).not.toContain('k3y')
  })

  it('health asks the running daemon', async () => {
    const { url, namespace } = await sharedRedis()
    const daemon = await aDaemon({ redisUrl: url, namespace, env: { API_KEY: 'k' } })
    const args = ['health', '--api-addr', new URL(daemon.api).host, '--metrics-addr', new URL(daemon.metrics).host]
    expect(await runToEnd(args)).toMatchObject({ code: 0, stdout: ['ok'] })
    expect(await runToEnd([...args, '--roles', 'worker,metrics'])).toMatchObject({ code: 0, stdout: ['ok'] })
    expect(await runToEnd([...args, '--roles', 'worker'])).toMatchObject({ code: 2 })
    await daemon.stop()
    expect(await runToEnd(args)).toMatchObject({
      code: 1,
      stdout: [expect.stringMatching(/does not answer: connect ECONNREFUSED/)],
    })
  })

  it('SIGHUP reads the configuration again and changes the log level', async () => {
    const { url, namespace } = await sharedRedis()
    const folder = mkdtempSync(join(tmpdir(), 'dq-reload-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'dq.yaml'), 'log-level: error\n')
    const child = dqDaemon(['--redis-url', url, '--namespace', namespace, '--roles', 'worker'], { cwd: folder })
    onTestFinished(() => void child.kill('SIGKILL'))
    const redis = connect((await sharedRedis()).server)
    onTestFinished(() => redis.disconnect())
    await until(async () => (await redis.hlen(`${namespace}:{_}:worker-info`)) === 1)
    expect(child.stdout).toEqual([])
    writeFileSync(join(folder, 'dq.yaml'), 'log-level: lood\n')
    child.kill('SIGHUP')
    await child.waitForLine(/"config\.refused".*left as it was.*'lood' is none of debug, info, warn, error/)
    writeFileSync(join(folder, 'dq.yaml'), 'log-level: debug\n')
    child.kill('SIGHUP')
    await child.waitForLine(/"config\.reloaded".*log level debug/)
    child.kill('SIGTERM')
    expect(await child.exit).toEqual({ code: 0, signal: null })
  })
})
