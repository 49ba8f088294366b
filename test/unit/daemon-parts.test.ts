import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { DqError, Events } from '../../src/core/index.ts'
import { parseJson } from '../../src/daemon/api/json.ts'
import { methodsOf, ROUTES } from '../../src/daemon/api/routes.ts'
import { demoTasks } from '../../src/daemon/demo-handlers.ts'
import { isAllowedHost } from '../../src/daemon/hosts.ts'
import { createLog, type Log } from '../../src/daemon/log.ts'
import { logEvents } from '../../src/daemon/log-events.ts'
import { Metrics } from '../../src/daemon/metrics.ts'
import { visible } from '../../src/daemon/visible.ts'

async function aLog(
  format: 'json' | 'pretty',
  level: 'debug' | 'info' = 'debug',
): Promise<{ log: Log; text: () => string }> {
  const folder = mkdtempSync(join(tmpdir(), 'dq-log-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'log')
  const log = await createLog({ level, format, stdout: { fd: openSync(file, 'w') } })
  return { log, text: () => readFileSync(file, 'utf8') }
}

const HOSTILE = 'a\u001b[31mred\u009b2J\u202e\u200b\u007f\r'
const RAW = /[\p{Cc}\p{Cf}]/u

describe('what comes from outside', () => {
  it('is shown with everything that could hide or move written out', () => {
    expect(visible(HOSTILE)).toBe('a\\e[31mred\\x9b2J\\u202e\\u200b\\x7f\\r')
    expect(visible('naïve — 日本語 🙂\n\tnext')).toBe('naïve — 日本語 🙂\n\\tnext')
    expect(visible('\ud800')).toBe('\\ud800')
    expect(visible('x'.repeat(5_000))).toHaveLength(2_001)
  })

  it.each(['json', 'pretty'] as const)('reaches a log in %s only so', async (format) => {
    const { log, text } = await aLog(format)
    log.warn('test', HOSTILE, { field: HOSTILE, deep: { [HOSTILE]: [HOSTILE] } })
    expect(text().trimEnd()).not.toMatch(RAW)
    expect(text().split('\n')).toHaveLength(2)
  })
})

describe('the log', () => {
  it('has one line of JSON per event: time, level, event, sentence and ids', async () => {
    const { log, text } = await aLog('json', 'info')
    const events = new Events()
    const stop = logEvents(log, events)
    const task = { id: 'i', type: 't', queue: 'q', attempt: 2, traceId: 'c0ffee' }
    events.emit('task.started', { ...task, waitMs: 1 })
    events.emit('task.retrying', { ...task, delayMs: 5, reason: 'error', error: 'no luck', durationMs: 1 })
    events.emit('task.log', {
      ...task,
      level: 'warn',
      message: 'from the handler',
      fields: { step: 3, id: 'forged', traceId: 'forged' },
    })
    stop()
    events.emit('task.cancelled', task)
    const lines = text()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        event: 'task.retrying',
        ...task,
        reason: 'error',
        delayMs: 5,
        msg: 'task failed and will be tried again: no luck',
      },
      { level: 'warn', time: expect.any(String), event: 'task.log', step: 3, ...task, msg: 'from the handler' },
    ])
  })

  it('tells of an outage once, and how long it was, whoever noticed', async () => {
    const { log, text } = await aLog('json', 'info')
    const events = new Events()
    logEvents(log, events)
    const unavailable = new DqError('unavailable', 'gone')
    for (let i = 0; i < 3; i++) {
      events.emit('redis.down', { address: 'r:1', error: unavailable })
      events.emit('worker.error', { id: 'w', queue: 'q', doing: 'claim', error: unavailable })
    }
    for (let i = 0; i < 2; i++) events.emit('redis.up', { address: 'r:1' })
    events.emit('worker.error', { id: 'w', queue: 'q', doing: 'settle', error: new Error('broken') })
    const said = text()
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { msg: string }).msg)
    expect(said).toEqual([
      'Redis at r:1 is gone: gone',
      expect.stringMatching(/^Redis at r:1 is back after 0\.\d s$/),
      'settle failed: broken',
    ])
  })

  it('changes its level while it runs', async () => {
    const { log, text } = await aLog('json', 'info')
    log.debug('a', 'unheard')
    log.level = 'debug'
    log.debug('b', 'heard')
    expect(text()).toMatch(/^.*"heard"\}\n$/)
  })
})

describe('the API', () => {
  it('has each route once, and knows the methods of a path', () => {
    const all = ROUTES.map(({ method, path }) => `${method} ${path}`)
    expect(new Set(all).size).toBe(all.length)
    expect(methodsOf('/v1/tasks')).toEqual(['POST', 'GET', 'HEAD'])
    expect(methodsOf('/v1/queues/mail/pause')).toEqual(['POST'])
    expect(methodsOf('/v1/tasks/')).toEqual([])
  })

  it('takes JSON, and says where it stops being some', () => {
    const parsed = (text: string): unknown => parseJson(Buffer.from(text))
    expect(parsed('{"a":[1,{"constructor":"ACME"}]}')).toEqual({ a: [1, { constructor: 'ACME' }] })
    expect(() => parsed('{"a":1,}')).toThrow('the body is not valid JSON at position 7')
    expect(() => parsed('')).toThrow('the body is not valid JSON')
    expect(() => parsed('{"a":{"__proto__":1}}')).toThrow('the key __proto__ is not allowed')
    expect(() => parsed('{"constructor":{"prototype":{}}}')).toThrow('the key constructor is not allowed')
    expect(() => parsed('['.repeat(33) + ']'.repeat(33))).toThrow('more than 32 levels')
    expect(parsed('['.repeat(32) + ']'.repeat(32))).toBeDefined()
    expect(() => parsed('[-1e999]')).toThrow('a number that is too large')
    expect(() => parseJson(Buffer.from([0x22, 0xff, 0x22]))).toThrow('not valid UTF-8')
    expect(() => parsed('['.repeat(100_000))).toThrow('not valid JSON')
  })

  it.each<[string | undefined, boolean]>([
    ['localhost', true],
    ['LOCALHOST:8081', true],
    ['localhost.', true],
    ['127.0.0.1:1', true],
    ['[::1]:1', true],
    ['8.8.8.8', true],
    ['dq.internal:8080', true],
    ['evil.example', false],
    ['localhost.evil.example', false],
    ['127.0.0.1.nip.io', false],
    ['[localhost]', false],
    ['', false],
    [undefined, false],
  ])('decides that Host %s is allowed: %s', (host, allowed) => {
    expect(isAllowedHost(host, ['DQ.internal'])).toBe(allowed)
  })
})

describe('metrics', () => {
  it('count attempts by how they ended and what they took', async () => {
    const events = new Events()
    const metrics = new Metrics('1.2.3')
    metrics.count(events)
    const task = { id: 'i', type: 't', queue: 'q', attempt: 1 }
    events.emit('task.started', { ...task, waitMs: 20 })
    events.emit('task.completed', { ...task, durationMs: 70, late: false })
    events.emit('task.stale', task)
    const text = await metrics.text({ slots: 4, busy: 1, loopLagSeconds: 0.5, isRedisUp: false, queues: undefined })
    for (const line of [
      'distributedq_processed_total{status="success",type="t"} 1',
      'distributedq_task_duration_seconds_bucket{le="0.05",type="t"} 0',
      'distributedq_task_duration_seconds_bucket{le="0.1",type="t"} 1',
      'distributedq_task_wait_seconds_bucket{le="0.05",type="t"} 1',
      'distributedq_stale_acks_total{type="t"} 1',
      'distributedq_worker_slots 4',
      'distributedq_redis_up 0',
    ])
      expect(text).toContain(`\n${line}\n`)
    expect(text).not.toContain('distributedq_queue_depth{')
  })
})

describe('demo tasks', () => {
  it('fail as often as they are told to', async () => {
    const [email] = demoTasks({ sleepMs: 0, failurePct: 25, random: () => 0.25 })
    const context = { type: 'demo.email', attempt: 1, signal: new AbortController().signal }
    const run = (task: typeof email): unknown => task!.run(null as never, context as never)
    expect(await run(email)).toEqual({ done: 'demo.email', attempt: 1 })
    const [unlucky] = demoTasks({ sleepMs: 0, failurePct: 25, random: () => 0.24 })
    await expect(run(unlucky)).rejects.toThrow('demo.email failed, as 25 of 100 do')
  })
})
