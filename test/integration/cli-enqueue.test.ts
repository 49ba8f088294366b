import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { EnqueueResult } from '../../src/core/enqueue-result.ts'
import type { Page } from '../../src/core/task.ts'
import { dq, dqJson } from '../helpers/cli.ts'
import { workbench } from '../helpers/workbench.ts'

const NO_WORKER = 'warning: no worker is running; the tasks wait until one is'

function fileWith(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'dq-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'payload.json')
  writeFileSync(file, content)
  return file
}

describe('dq enqueue', () => {
  it('enqueues one task with all its options', async () => {
    const bench = await workbench()
    const args = ['email', '{"to":"anna"}', '--queue', 'mail', '--priority', 'high', '--delay', '1h', '--key', 'k1']
    const { id, outcome } = await dqJson<EnqueueResult>(bench, ['enqueue', ...args, '--max-retries', '7'])
    expect(outcome).toBe('enqueued')
    expect(await bench.client.getTask(id)).toMatchObject({
      type: 'email',
      queue: 'mail',
      priority: 'high',
      state: 'scheduled',
      payload: { to: 'anna' },
      maxRetries: 7,
      idempotencyKey: 'k1',
    })
  })

  it('takes the payload from a file, from standard input, or has none', async () => {
    const bench = await workbench()
    const file = fileWith('{"from": "file"}')
    const payloadOf = async (args: string[], input?: string): Promise<unknown> => {
      const { id } = await dqJson<EnqueueResult>(bench, ['enqueue', 'a', ...args], input === undefined ? {} : { input })
      return (await bench.client.getTask(id))?.payload
    }
    expect(await payloadOf([`@${file}`])).toEqual({ from: 'file' })
    expect(await payloadOf(['-'], '{"from":\n "stdin"}\n')).toEqual({ from: 'stdin' })
    expect(await payloadOf([])).toBeNull()
  })

  it('recognises the same id again, and refuses it with other content', async () => {
    const bench = await workbench()
    expect(await dq(bench, ['enqueue', 'a', '1', '--id', 'x'])).toEqual({ code: 0, out: 'enqueued x', err: NO_WORKER })
    expect(await dq(bench, ['enqueue', 'a', '1', '--id', 'x'])).toEqual({ code: 0, out: 'duplicate x', err: NO_WORKER })
    const conflict = await dq(bench, ['enqueue', 'a', '2', '--id', 'x'])
    expect(conflict).toMatchObject({ code: 1, out: '', err: expect.stringContaining('exists with other content') })
  })

  it('keeps unique tasks unique: a later one is dropped, or takes the place of the first', async () => {
    const bench = await workbench()
    const once = ['enqueue', 'a', '{"n":1}', '--unique', '10m', '--unique-key', 'k', '--json']
    const { id } = await dqJson<EnqueueResult>(bench, once)
    expect(await dqJson(bench, once)).toEqual({ id, outcome: 'duplicate' })
    expect(await dqJson(bench, [...once, '--unique-mode', 'replace'])).toEqual({ id, outcome: 'replaced' })
    const lines = [
      { type: 'a', payload: 2, unique: { for: '10m', by: { key: 'k' }, mode: 'replace' } },
      { type: 'a', payload: 3, unique: { for_ms: 60_000, key: 'k', mode: 'replace' } },
      { type: 'a', payload: 4, unique: { for_ms: 60_000, key: 'k' } },
    ]
    const { out } = await dq(bench, ['enqueue', '-'], { input: lines.map((one) => JSON.stringify(one)).join('\n') })
    expect(out).toBe('enqueued 0 tasks, replaced 2 tasks, 1 duplicate')
    expect((await bench.client.getTask(id))?.payload).toBe(3)
  })

  it('warns of a type that no live worker knows, and names the nearest', async () => {
    const bench = await workbench()
    await bench.work({ 'send-email': () => 1, resize: () => 2 })
    const { code, err } = await dq(bench, ['enqueue', 'send-emial', '{}'])
    expect([code, err]).toEqual([0, 'warning: no live worker has a handler for send-emial; did you mean send-email?'])
    expect((await dq(bench, ['enqueue', 'resize', '{}'])).err).toBe('')
  })

  it.each([
    [['a', '{oops'], 'the payload is not JSON at character 2'],
    [['a', '@/nowhere/x.json'], 'payload: cannot read /nowhere/x.json'],
    [['a b'], "type 'a b' is no name"],
    [['a', '--delay', 'soon'], "--delay: 'soon' is not a duration"],
    [['a', '--delay', '1s', '--run-at', '2030-01-01T00:00:00Z'], 'give either --delay or --run-at'],
    [['a', '--max-retries', '-1'], "--max-retries '-1' is not a whole number"],
    [['a', '--unique', '0s'], 'unique.for: for has to be longer than 0'],
    [['a', '--unique-key', 'k'], '--unique-key and --unique-mode need --unique'],
    [['a', '--unique', '1m', '--unique-mode', 'drip'], "there is no unique-mode 'drip'"],
    [['a', '--unique', '1m', '--unique-mode', 'replace', '--id', 'x'], 'id: what replaces a task keeps its id'],
    [['a', '--priority', 'urgent'], "there is no priority 'urgent'"],
    [['a', '1', '--id', '!'], 'id: an id has to be'],
    [['-', '{}'], 'with - the payload is part of each line'],
    [['-', '--id', 'x'], 'with - every line has its own id'],
  ])('refuses %j', async (args, message) => {
    const bench = await workbench()
    const { code, out, err } = await dq(bench, ['enqueue', ...args])
    expect([code, out, err.split('\n').length]).toEqual([2, '', 1])
    expect(err).toContain(`dq: ${message}`)
    expect(await bench.client.inspector.queueNames()).toEqual([])
  })
})

describe('dq enqueue -', () => {
  it('enqueues a task per line, tells bad lines by number, and ends with 1', async () => {
    const bench = await workbench()
    const input = [
      '{"type":"a","payload":{"n":1}}',
      '',
      '{"type":"b","delay_ms":60000,"maxRetries":0,"queue":"later"}',
      'no json',
      '{"type":"a","priority":"urgent"}',
      '{"type":"a","unique":true}',
      '{"type":"a","payload":2,"id":"own"}',
      '{"type":"a","payload":2,"id":"own"}',
    ].join('\n')
    const { code, out, err } = await dq(bench, ['enqueue', '-', '--queue', 'mine'], { input })
    expect([code, out]).toEqual([1, 'enqueued 3 tasks, 1 duplicate, refused 3 lines'])
    expect(err.split('\n').map((line) => line.split(':').slice(0, 2).join(':'))).toEqual([
      'line 4: the line is not JSON',
      'line 5: priority',
      'line 6: unique',
      'warning: no worker is running; the tasks wait until one is',
    ])
    expect((await bench.client.inspector.tasks('mine', 'pending')).items.map(({ payload }) => payload)).toEqual([
      { n: 1 },
      2,
    ])
    expect((await bench.client.inspector.tasks('later', 'scheduled')).items).toMatchObject([
      { type: 'b', maxRetries: 0 },
    ])
  })

  it('answers a line per line with --json', async () => {
    const bench = await workbench()
    const input = '{"type":"a","id":"one"}\nno json\n'
    const { code, out } = await dq(bench, ['enqueue', '-', '--json'], { input })
    const lines = out.split('\n').map((line) => JSON.parse(line) as unknown)
    expect(code).toBe(1)
    expect(lines).toEqual([
      { line: 1, id: 'one', outcome: 'enqueued' },
      { line: 2, error: { code: 'invalid_input', message: 'the line is not JSON' } },
    ])
  })

  it('reads more lines than one call takes, in order', async () => {
    const bench = await workbench()
    const input = Array.from({ length: 1_200 }, (_, n) => `{"type":"a","payload":${n}}\n`).join('')
    expect(await dq(bench, ['enqueue', '-'], { input })).toMatchObject({ code: 0, out: 'enqueued 1,200 tasks' })
    const page = await dqJson<Page<{ payload: number }>>(bench, ['list', '--limit', '1200'])
    expect(page.items.map(({ payload }) => payload)).toEqual(Array.from({ length: 1_200 }, (_, n) => n))
  })

  it('refuses a line that is too long, and goes on', async () => {
    const bench = await workbench()
    const input = `{"type":"a","payload":"${'x'.repeat(1_100_000)}"}\n{"type":"a","payload":"${'x'.repeat(300_000)}"}\n{"type":"a"}\n`
    const { code, out, err } = await dq(bench, ['enqueue', '-'], { input })
    expect([code, out]).toEqual([1, 'enqueued 1 task, refused 2 lines'])
    expect(err).toContain('line 1: the line is longer than 1,048,576 characters')
    expect(err).toContain('line 2: payload has 300002 bytes, the limit is 262144')
  })
})
