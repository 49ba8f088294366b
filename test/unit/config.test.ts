import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config.ts'

let cwd: string
beforeEach(() => (cwd = mkdtempSync(join(tmpdir(), 'dq-config-'))))
afterEach(() => rmSync(cwd, { recursive: true, force: true }))

const write = (name: string, content: string): string => {
  writeFileSync(join(cwd, name), content)
  return join(cwd, name)
}

const load = (argv: Record<string, unknown> = {}, env: Record<string, string> = {}) => loadConfig(argv, env, cwd)

describe('the sources of the configuration', () => {
  it('are defaults when nobody says anything', () => {
    expect(load()).toMatchObject({
      redis: { url: 'redis://127.0.0.1:6379/0' },
      namespace: 'dq',
      queues: [{ name: 'default', weight: 1 }],
      concurrency: 10,
      leaseMs: 30_000,
      reaperIntervalMs: 5_000,
      schedulerIntervalMs: 1_000,
      shutdownGraceMs: 25_000,
      taskTimeoutMs: 30_000,
      maxRetries: 3,
      idempotencyTtlMs: 86_400_000,
      resultTtlMs: 86_400_000,
      resultMax: 10_000,
      apiAddr: { host: '127.0.0.1', port: 8081 },
      metricsAddr: { host: '127.0.0.1', port: 8080 },
      roles: ['worker', 'scheduler', 'reaper', 'api', 'metrics'],
      apiKey: undefined,
      demoSleepMs: 1000,
      demoFailurePct: 25,
      warnings: [],
    })
  })

  it('win in the order flag, environment, .env, dq.yaml, default', () => {
    const concurrency = (argv: Record<string, unknown>, env: Record<string, string>): [number, string] => {
      const config = load(argv, env)
      return [config.concurrency, config.origins.concurrency]
    }
    expect(concurrency({}, {})).toEqual([10, 'default'])
    write('dq.yaml', 'concurrency: 2\n')
    expect(concurrency({}, {})).toEqual([2, 'concurrency in dq.yaml'])
    write('.env', 'WORKER_CONCURRENCY=3\n')
    expect(concurrency({}, {})).toEqual([3, 'WORKER_CONCURRENCY in .env'])
    expect(concurrency({}, { WORKER_CONCURRENCY: '4' })).toEqual([4, 'WORKER_CONCURRENCY'])
    expect(concurrency({ concurrency: '5' }, { WORKER_CONCURRENCY: '4' })).toEqual([5, '--concurrency'])
  })

  it('read lists, switches and durations in dq.yaml as on the command line', () => {
    write('other.yaml', 'queues: [mail:3, default]\nlease_ttl: 3\nembedded: true\nroles: worker\n')
    const config = load({ config: 'other.yaml' })
    expect(config).toMatchObject({ leaseMs: 3_000, embedded: true, roles: ['worker'] })
    expect(config.queues).toEqual([
      { name: 'mail', weight: 3 },
      { name: 'default', weight: 1 },
    ])
  })

  it('read queues as a section of dq.yaml, with what they promise', () => {
    write('dq.yaml', 'queues:\n  default:\n  mail: { weight: 3, slo: { wait: 30s, target: 0.99 } }\n  slow: 2\n')
    expect(load({}).queues).toEqual([
      { name: 'default', weight: 1 },
      { name: 'mail', weight: 3, slo: { waitMs: 30_000, target: 0.99 } },
      { name: 'slow', weight: 2 },
    ])
  })

  it.each([
    ['mail: { slo: { wait: 30s, target: 2 } }', 'mail.slo target: 2 has to lie between 0 and 1'],
    ['mail: { slo: { wait: soon, target: 0.9 } }', "mail.slo wait: 'soon' is not a duration"],
    ['mail: { rate: fast }', "mail.rate it: 'fast' is not a rate; write 50/s"],
    ['mail: { concurrency: 0 }', 'mail.concurrency has to be a whole number'],
    ['mail: { slo: { wait: 30s } }', 'mail.slo.target is missing, such as 0.99'],
    ['mail: { weight: 500 }', 'mail.weight has to be a whole number from 1 to 100'],
    ['mail: { wait: 5 }', 'mail has to be { weight, slo, rate, concurrency, enqueue }'],
    ['"a b": 1', 'a b is no name of a queue'],
  ])('refuse the section of queues with %s', (line, message) => {
    write('dq.yaml', `queues:\n  ${line}\n`)
    expect(() => load({})).toThrow(message)
  })

  it('see handlers files from the folder of the file that names them', () => {
    const file = write('dq.yaml', 'handlers: [a.ts]\n')
    expect(loadConfig({ config: file }, {}, '/').handlers).toEqual([join(cwd, 'a.ts')])
    expect(load({ handlers: ['b.ts', 'c.mjs'] }).handlers).toEqual([join(cwd, 'b.ts'), join(cwd, 'c.mjs')])
  })

  it('count an empty variable as absent', () => {
    expect(load({}, { API_KEY: '', DQ_NAMESPACE: '' })).toMatchObject({ apiKey: undefined, namespace: 'dq' })
  })

  it('give a secret from a file, without its last line end', () => {
    expect(load({}, { API_KEY_FILE: write('key', 's3cret\n') }).apiKey).toBe('s3cret')
  })

  it.each([
    [{ REDIS_ADDR: 'r:1' }, { url: 'redis://r:1' }],
    [
      { REDIS_ADDR: 'r:1', REDIS_DB: '4', REDIS_PASSWORD: 'p@:/', DQ_ALLOW_PLAINTEXT: 'yes' },
      { url: 'redis://r:1/4', password: 'p@:/' },
    ],
    [
      { REDIS_USERNAME: 'u', REDIS_DB: '2' },
      { url: 'redis://127.0.0.1:6379/2', username: 'u' },
    ],
    [{ REDIS_URL: 'unix:///a/b.sock', REDIS_DB: '3' }, { url: 'unix:///a/b.sock?db=3' }],
    [
      { REDIS_URL: 'rediss://u:p@h:1/2', REDIS_PASSWORD: 'p' },
      { url: 'rediss://u:p@h:1/2', password: 'p' },
    ],
    [{ REDIS_CLUSTER: 'a:1,b' }, { url: 'redis-cluster://a:1,b' }],
    [
      { REDIS_SENTINEL: 'a:1,b:2/main', REDIS_DB: '3', REDIS_SENTINEL_PASSWORD: 's' },
      { url: 'redis-sentinel://a:1,b:2/main/3', sentinelPassword: 's' },
    ],
    [
      { REDIS_CLUSTER: 'a:1', REDIS_PASSWORD: 'p', REDIS_TLS_CA: '/ca', REDIS_TLS_SERVERNAME: 'redis.internal' },
      { url: 'rediss-cluster://a:1', password: 'p', tls: { caFile: '/ca', servername: 'redis.internal' } },
    ],
  ])('put the address of Redis together from %o', (env, target) => {
    expect(load({}, env).redis).toEqual(target)
  })

  it.each<[Record<string, string>, object]>([
    [{ WORKER_COUNT: '7' }, { concurrency: 7 }],
    [{ QUEUE_NAME: 'gopher_tasks' }, { queues: [{ name: 'gopher_tasks', weight: 1 }] }],
    [{ API_PORT: '99' }, { apiAddr: { host: '127.0.0.1', port: 99 } }],
    [{ METRICS_PORT: '2112' }, { metricsAddr: { host: '127.0.0.1', port: 2112 } }],
    [{ WORKER_METRICS_ADDR: ':8086' }, { metricsAddr: { host: '0.0.0.0', port: 8086 } }],
    [{ DISPATCHER_INTERVAL_MS: '250' }, { schedulerIntervalMs: 250 }],
    [{ DISPATCHER_INTERVAL_MS: '0' }, { schedulerIntervalMs: 1_000 }],
    [{ REAPER_ENABLED: 'false' }, { roles: ['worker', 'scheduler', 'api', 'metrics'] }],
    [{ DISPATCHER_ENABLED: '0' }, { roles: ['worker', 'reaper', 'api', 'metrics'] }],
    [{ WORKER_COUNT: '7', WORKER_CONCURRENCY: '7' }, { concurrency: 7 }],
    [{ LEASE_TTL_SECONDS: '1.5' }, { leaseMs: 1_500 }],
    [{ LEASE_TTL_SECONDS: '500ms' }, { leaseMs: 500 }],
    [{ DQ_TASK_TIMEOUT_SECONDS: '1m30s' }, { taskTimeoutMs: 90_000 }],
  ])('accept %o', (env, expected) => {
    expect(load({}, env)).toMatchObject(expected)
  })

  it('warn of a variable that looks like an option and is none', () => {
    expect(load({}, { DQ_NAMESPCE: 'x' }).warnings).toEqual(['DQ_NAMESPCE is no option; did you mean DQ_NAMESPACE?'])
  })
})
