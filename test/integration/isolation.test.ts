import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { defineTask, Worker } from '../../src/core/index.ts'
import isolated from '../fixtures/isolated.ts'
import { isAlive } from '../helpers/process.ts'
import { until } from '../helpers/until.ts'
import { type Workbench, workbench } from '../helpers/workbench.ts'

let bench: Workbench
beforeEach(async () => {
  bench = await workbench()
})

const run = async (type: string, payload: unknown = {}): Promise<string> =>
  (await bench.client.enqueue(type, payload)).id

/** The result of a task that completes. */
async function resultOf(type: string, payload: unknown = {}): Promise<unknown> {
  return (await bench.untilState(await run(type, payload), 'completed')).result
}

/** A file outside Redis into which handlers write, and its lines so far. */
function notes(): { readonly file: string; readonly lines: () => string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'dq-isolation-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'notes')
  const lines = (): string[] => {
    try {
      return readFileSync(file, 'utf8').trim().split('\n')
    } catch {
      return [] // nobody has written yet
    }
  }
  return { file, lines }
}

describe.each(['process', 'thread'] as const)('a handler in a %s of its own', (kind) => {
  test('runs there and is told what any handler is told', async () => {
    await bench.work(isolated)
    const id = await run(`${kind}.where`)
    const { result } = await bench.untilState(id, 'completed')
    const { pid, thread, told } = result as { pid: number; thread: number; told: unknown }
    expect(pid === process.pid).toBe(kind === 'thread')
    expect(thread > 0).toBe(kind === 'thread')
    expect(told).toEqual({ id, type: `${kind}.where`, queue: 'default', attempt: 1, maxAttempts: 1, fence: 1 })
  })

  test('stays there for the next task of its type', async () => {
    await bench.work(isolated, { concurrency: 1 })
    const first = (await resultOf(`${kind}.where`)) as { pid: number; thread: number }
    expect(await resultOf(`${kind}.where`)).toMatchObject({ pid: first.pid, thread: first.thread })
  })

  test('gets its payload checked and parsed by its schema', async () => {
    await bench.work(isolated)
    expect(await resultOf(`${kind}.checked`, { n: 1 })).toBe(2)
    await bench.broker.enqueue('default', [])
    const { error } = await bench.untilState(await run(`${kind}.checked`, { m: 1 }), 'dead')
    expect(error).toMatchObject({ reason: 'invalid_payload', message: 'n: is missing' })
  })

  test('fails, discards and snoozes as anywhere', async () => {
    await bench.work(isolated)
    const failed = await bench.untilState(await run(`${kind}.throws`, { message: 'as asked' }), 'dead')
    expect(failed.error).toMatchObject({ reason: 'error', message: 'as asked' })
    expect(failed.error?.stack).toContain('isolated.ts')
    const discarded = await bench.untilState(await run(`${kind}.discards`), 'dead')
    expect(discarded.error).toMatchObject({ reason: 'discarded', message: 'not wanted' })
    await run(`${kind}.snoozes`)
    expect((await bench.untilSeen('task.snoozed'))[0]).toMatchObject({ delayMs: 3_600_000 })
  })

  test('reads what its parents returned', async () => {
    await bench.work(isolated, { upkeep: true })
    const parent = await run(`${kind}.checked`, { n: 1 })
    const { id } = await bench.client.enqueue(`${kind}.reads`, {}, { dependsOn: [parent] })
    expect((await bench.untilState(id, 'completed')).result).toEqual([{ state: 'completed', result: 2 }])
  })

  test('logs, tells its progress and enqueues', async () => {
    await bench.work(isolated)
    expect(await resultOf(`${kind}.talks`)).toBe('enqueued')
    expect((await bench.untilSeen('task.log'))[0]).toMatchObject({
      type: `${kind}.talks`,
      level: 'info',
      message: 'said by a child',
      fields: { n: 1 },
    })
    expect(await bench.client.getTask(`after-${kind}`)).toMatchObject({
      type: 'follow-up',
      payload: { from: 'a child' },
    })
  })

  test('hears that it was aborted', async () => {
    await bench.work(isolated, { taskTimeoutMs: 100 })
    const { error } = await bench.untilState(await run(`${kind}.listens`), 'dead')
    expect(error).toMatchObject({ reason: 'timeout', message: 'did not end within 0.1 s' })
  })

  test('is killed when it does not end after its deadline, and its slot is free', async () => {
    const { file, lines } = notes()
    const worker = await bench.work(isolated, { concurrency: 1, deadlineGraceMs: 200 })
    const { error } = await bench.untilState(await run(`${kind}.spins`, { file }), 'dead')
    expect(error).toMatchObject({ reason: 'timeout', message: 'did not end within 0.15 s' })
    expect(worker.stats()).toMatchObject({ zombies: 0 })
    if (kind === 'process') await until(() => !isAlive(Number(lines()[0])), { what: 'the process to be gone' })
    expect(await resultOf(`${kind}.checked`, { n: 1 })).toBe(2)
  })

  test('that ends its own process stands in line again at once, and is dead as poison the third time', async () => {
    const { file, lines } = notes()
    await bench.work(isolated, { leaseMs: 60_000 })
    const beside = await run(`${kind}.listens`)
    const id = await run(`${kind}.exits`, { file })
    const { error, attempts } = await bench.untilState(id, 'dead')
    expect(error).toMatchObject({ reason: 'poison', message: 'its process ended with exit code 7' })
    expect(attempts?.map(({ reason }) => reason)).toEqual(['poison', 'crash', 'crash'])
    expect(lines()).toHaveLength(3)
    expect(bench.seen('task.crashed')).toHaveLength(2)
    expect((await bench.client.getTask(beside))?.state).toBe('active')
  })

  test('is told of a cancel, and killed when it does not listen', async () => {
    await bench.work(isolated, { leaseMs: 300, deadlineGraceMs: 100 })
    const ids = [await run(`${kind}.listens`), await run(`${kind}.deaf`)]
    await bench.untilSeen('task.started', 2)
    await bench.client.cancel(ids[0]!)
    await bench.client.cancel(ids[1]!)
    for (const id of ids) expect(await bench.untilState(id, 'cancelled')).toMatchObject({ type: expect.any(String) })
  })

  test('is given back uncounted when its worker stops', async () => {
    const worker = await bench.work(isolated)
    const id = await run(`${kind}.deaf`)
    await bench.untilSeen('task.started')
    await worker.stop({ graceMs: 0 })
    expect(await bench.client.getTask(id)).toMatchObject({ state: 'pending', attempt: 0 })
  })
})

describe('a process of a handler', () => {
  test("that says things which are not its child's to say is not listened to", async () => {
    await bench.work(isolated, { concurrency: 2 })
    const ids = await Promise.all([run('process.chatters', { ms: 50 }), run('process.chatters', { ms: 0 })])
    for (const id of ids) expect((await bench.untilState(id, 'completed')).result).toBe(id)
  })

  test('that dies of what it threw by the way says of what, in the record of its task', async () => {
    await bench.work(isolated)
    const { error } = await bench.untilState(await run('process.throws-later'), 'dead')
    expect(error).toMatchObject({
      reason: 'poison',
      message: 'its process ended with exit code 1: out of nowhere \u001b[2J',
    })
  })

  test('takes along what it started, however it ends', async () => {
    const { file, lines } = notes()
    await bench.work(isolated)
    await bench.untilState(await run('process.leaves-others', { file }), 'dead')
    expect(lines()).toHaveLength(3)
    await until(() => lines().every((pid) => !isAlive(Number(pid))), { what: 'all that it started to end' })
  })

  test("that cannot be started is the machine's fault: the task waits, and is not charged", async () => {
    const execPath = process.execPath
    onTestFinished(() => void (process.execPath = execPath))
    process.execPath = '/nowhere/node'
    await bench.work(isolated)
    const id = await run('process.where')
    expect((await bench.untilSeen('task.snoozed'))[0]).toMatchObject({ id, delayMs: 5_000 })
    expect(bench.seen('worker.error')[0]).toMatchObject({
      doing: 'isolate',
      error: { message: expect.stringContaining('ENOENT') },
    })
    process.execPath = execPath
    await bench.promoteUntil(async () => (await bench.client.getTask(id))?.state === 'completed')
  })
})

describe('a suspect', () => {
  /** Enqueues tasks and lets a worker die beside them, twice. */
  async function suspects(...types: [type: string, payload?: unknown][]): Promise<string[]> {
    const ids = []
    for (const [type, payload] of types) ids.push(await run(type, payload))
    for (let i = 0; i < 2; i++) {
      await bench.broker.claim('default', {
        worker: 'dead',
        want: types.length,
        quotas: { high: 0, default: types.length, low: 0 },
        leaseMs: 1,
        timeoutMs: 60_000,
        idle: false,
        timeouts: {},
      })
      await until(async () => (await bench.broker.reap('default', 60_000)).reaped.length === types.length, {
        what: 'the tasks to be taken back',
      })
    }
    return ids
  }

  test('whose module is known runs in a process of its own while others go on beside it', async () => {
    const [id] = await suspects(['plain.waits', { ms: 60_000 }])
    await bench.work(isolated, { concurrency: 4 })
    await bench.untilSeen('task.started')
    expect(await resultOf('plain.where')).toBe(process.pid)
    expect((await bench.client.getTask(id!))?.state).toBe('active')
  })

  test('that kills its process is found out without any worker dying', async () => {
    const [id, good] = await suspects(['plain.exits'], ['plain.where'])
    await bench.work(isolated, { concurrency: 8 })
    expect((await bench.untilState(id!, 'dead')).error?.reason).toBe('poison')
    const { result } = await bench.untilState(good!, 'completed')
    expect(result).not.toBe(process.pid)
  })

  test('waits for a free process while there are more of them', async () => {
    const ids = await suspects(...Array.from({ length: 6 }, (): [string, unknown] => ['plain.waits', { ms: 50 }]))
    await bench.work(isolated, { concurrency: 8 })
    for (const id of ids) await bench.untilState(id, 'completed')
    const pids = await Promise.all(ids.map(async (id) => (await bench.client.getTask(id))?.result))
    expect(new Set(pids).size).toBeLessThanOrEqual(2)
    expect(pids).not.toContain(process.pid)
  })
})

describe('an isolated type', () => {
  test('without a module is refused, and told how to name it', () => {
    const task = defineTask({ type: 'mail', isolation: 'process', run: () => 1 })
    expect(() => new Worker({ tasks: [task] })).toThrow(
      'task mail: isolation process needs module: import.meta.url, so that a child can load it',
    )
  })

  test('whose module does not export it fails, and says so', async () => {
    const module = new URL('../fixtures/isolated.ts', import.meta.url).href
    await bench.work([
      defineTask({ type: 'not-there', isolation: 'process', module, retry: { limit: 0 }, run: () => 1 }),
    ])
    const { error } = await bench.untilState(await run('not-there'), 'dead')
    expect(error?.message).toMatch(/^its process could not load its handler: .*isolated\.ts exports no task not-there$/)
  })
})
