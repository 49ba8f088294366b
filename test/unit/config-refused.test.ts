import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConfigError, loadConfig } from '../../src/config.ts'

let cwd: string
beforeEach(() => (cwd = mkdtempSync(join(tmpdir(), 'dq-config-'))))
afterEach(() => rmSync(cwd, { recursive: true, force: true }))

const write = (name: string, content: string): string => {
  writeFileSync(join(cwd, name), content)
  return join(cwd, name)
}

const load = (argv: Record<string, unknown> = {}, env: Record<string, string> = {}) => loadConfig(argv, env, cwd)

function problemsOf(argv: Record<string, unknown>, env: Record<string, string> = {}): readonly string[] {
  try {
    load(argv, env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  throw new Error('the configuration was accepted')
}

describe('a configuration that cannot be used', () => {
  it('is refused with all its problems at once', () => {
    expect(
      problemsOf(
        { 'lease-ttl': 'soon', concurency: '3', 'api-addr': ':1' },
        { WORKER_CONCURRENCY: '0', LOG_LEVEL: 'loud' },
      ),
    ).toEqual([
      '--concurency is no option; did you mean --concurrency?',
      "WORKER_CONCURRENCY: '0' is not a whole number from 1 to 10000",
      "--lease-ttl: 'soon' is not a duration from 300ms to 1d; write 3s, 500ms, 1m30s or a number of seconds",
      "LOG_LEVEL: 'loud' is none of debug, info, warn, error",
      expect.stringContaining('the API may not listen on 0.0.0.0:1 without a key'),
    ])
  })

  it.each<[string, Record<string, unknown>, Record<string, string>, string]>([
    [
      'two names, two values',
      {},
      { WORKER_COUNT: '1', WORKER_CONCURRENCY: '2' },
      'WORKER_CONCURRENCY and WORKER_COUNT are one option with two values; keep one of them',
    ],
    [
      'two Redis servers',
      {},
      { REDIS_URL: 'redis://a', REDIS_ADDR: 'b:1' },
      'REDIS_URL and REDIS_ADDR are one option with two values; keep one of them',
    ],
    [
      'two passwords',
      {},
      { REDIS_URL: 'redis://:a@localhost', REDIS_PASSWORD: 'b' },
      'REDIS_URL and REDIS_PASSWORD are one option with two values; keep one of them',
    ],
    [
      'roles that contradict each other',
      { roles: 'reaper' },
      { REAPER_ENABLED: 'false' },
      'REAPER_ENABLED and --roles disagree about the role reaper; keep one of them',
    ],
    [
      'two places where Redis is',
      { 'redis-cluster': 'a:1' },
      { REDIS_URL: 'redis://b' },
      '--redis-cluster and REDIS_URL each say where Redis is; keep one of them',
    ],
    [
      'a list of hosts that is none',
      { 'redis-sentinel': 'a:1;b:2' },
      {},
      "--redis-sentinel: 'a:1;b:2' is no list of hosts; write host:port,host:port/primary",
    ],
    [
      'a database of a cluster',
      { 'redis-cluster': 'a:1,b:2' },
      { REDIS_DB: '1' },
      'REDIS_DB: a cluster has no databases; leave it out, and use another --namespace',
    ],
    [
      'a password that would cross the network in the clear',
      { 'redis-cluster': '127.0.0.1:1,10.0.0.2:1' },
      { REDIS_PASSWORD: 'b' },
      'the password of Redis would cross the network in the clear: use TLS (rediss:// or --redis-tls-ca), or say --allow-plaintext if nobody can listen there',
    ],
    ['what stands elsewhere', { limits: 'a' }, {}, '--limits is no option; write them under queues, by queue'],
    [
      'a file of keys that is not there',
      {},
      { DQ_API_KEYS_FILE: '/nowhere/keys' },
      "DQ_API_KEYS_FILE: /nowhere/keys cannot be read: ENOENT: no such file or directory, open '/nowhere/keys'",
    ],
    ['a flag without its value', { queues: '' }, {}, '--queues needs a value'],
    ['a flag given twice', { concurrency: ['1', '2'] }, {}, '--concurrency is given more than once'],
    [
      'an unknown role',
      { roles: 'worker,cook' },
      {},
      "--roles: 'worker,cook' has no part cook; choose from worker, scheduler, reaper, api, metrics",
    ],
    [
      'a bad queue',
      { queues: 'a b' },
      {},
      "--queues: 'a b' is not a list of queues; write name or name:weight (1 to 100), separated by commas",
    ],
    ['a queue that is there twice', { queues: 'a,a:2' }, {}, "--queues: 'a,a:2' names the queue a twice"],
    [
      'no Redis address',
      { 'redis-url': 'localhost:6379' },
      {},
      '--redis-url: the value is not a Redis address; write redis://host:port/db, unix:///path/to/socket, redis-cluster://host:port,host:port or redis-sentinel://host:port,host:port/primary; rediss… for TLS',
    ],
    ['a missing file', { config: 'gone.yaml' }, {}, 'gone.yaml: there is no such file'],
    ['a missing secret', {}, { API_KEY_FILE: '/nowhere/key' }, 'API_KEY_FILE: there is no file /nowhere/key'],
    [
      'two servers on one address',
      { 'metrics-addr': '127.0.0.1:8081' },
      {},
      'the API and the metrics cannot both listen on 127.0.0.1:8081; change --api-addr or --metrics-addr',
    ],
    [
      'two kinds of Redis',
      { embedded: true },
      { REDIS_URL: 'redis://a' },
      '--embedded starts a Redis of its own and REDIS_URL names another one; keep one of them',
    ],
  ])('names %s', (_, argv, env, problem) => {
    expect(problemsOf(argv, env)).toEqual([problem])
  })

  it.each([':8081', '0.0.0.0:8081', '[::]:8081', '10.1.2.3:8081', 'example.com:8081'])(
    'is one where everybody reaches the API at %s without a key',
    (address) => {
      expect(problemsOf({ 'api-addr': address })[0]).toMatch(/without a key; set API_KEY .* or use 127\.0\.0\.1:8081$/)
      expect(load({ 'api-addr': address }, { API_KEY: 'k' }).apiKey).toBe('k')
      expect(load({ 'api-addr': address, 'api-keys-file': write('keys', '# none yet\n') }).apiKey).toBeUndefined()
      expect(load({ 'api-addr': address, roles: 'worker' }).roles).toEqual(['worker'])
    },
  )

  it.each(['localhost:1', '127.0.0.9:1', '[::1]:1'])(
    'is not one where only this machine reaches it, at %s',
    (address) => {
      expect(load({ 'api-addr': address }).apiKey).toBeUndefined()
    },
  )

  it('names the unknown line of dq.yaml, and a file that is not YAML', () => {
    write('dq.yaml', 'concurrncy: 3\n')
    expect(problemsOf({})).toEqual(['concurrncy in dq.yaml is no option; did you mean concurrency?'])
    write('dq.yaml', 'a: [1\n')
    expect(problemsOf({})[0]).toMatch(/^dq\.yaml is not YAML: /)
  })

  it('names each schedule of dq.yaml that cannot be, and its field', () => {
    write(
      'dq.yaml',
      [
        'schedules:',
        '  - { name: a, spec: "@every 1m", type: mail, jitter: 2m }',
        '  - { name: b, spec: 0 0 30 2 *, type: mail }',
        '  - { name: c, spec: "@daily", type: mail, timezone: UTC }',
        '  - { spec: "@daily", type: mail }',
        '  - mail',
        '  - { name: d, spec: "@daily", type: mail }',
        '  - { name: d, spec: "@hourly", type: mail }',
      ].join('\n'),
    )
    expect(problemsOf({})).toEqual([
      expect.stringMatching(/^schedules in dq\.yaml, number 1: jitter: 120000 ms is longer/),
      expect.stringMatching(/^schedules in dq\.yaml, number 2: spec: '0 0 30 2 \*' is not a schedule/),
      expect.stringMatching(/^schedules in dq\.yaml, number 3: timezone is none of name, spec, time_zone/),
      expect.stringMatching(/^schedules in dq\.yaml, number 4: name: '' has to be/),
      'schedules in dq.yaml, number 5: write name, spec and type, each as name: value',
      'schedules in dq.yaml: d is there twice; give one of them another name',
    ])
    write('dq.yaml', 'schedules: soon\n')
    expect(problemsOf({})).toEqual(['schedules in dq.yaml: write a list, each schedule behind a dash'])
  })

  it('never quotes a secret', () => {
    const text = problemsOf({ 'redis-url': 'http://user:hunter2@host' }, { REDIS_DB: 'x' }).join()
    expect(text).toContain('--redis-url')
    expect(text).not.toContain('hunter2')
  })
})
