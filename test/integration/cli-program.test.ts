import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { dq, dqProgram } from '../helpers/cli.ts'
import { NODE, ROOT } from '../helpers/process.ts'
import { startRedis } from '../helpers/redis.ts'
import { workbench } from '../helpers/workbench.ts'

describe('the program', () => {
  it('reads standard input, prints to a pipe, and ends with its exit code', async () => {
    const bench = await workbench()
    const input = '{"type":"a","id":"one"}\n\nbad\n'
    const { code, out, err } = await dqProgram(bench, ['enqueue', '-'], { input })
    expect([code, out]).toEqual([1, 'enqueued 1 task, refused 1 line'])
    expect(err).toContain('line 3: the line is not JSON')
  })

  it('loses nothing of a long answer, however slowly it is read', async () => {
    const bench = await workbench()
    const payload = 'x'.repeat(500)
    await bench.client.enqueueMany(Array.from({ length: 1_000 }, () => ({ type: 'a', payload })))
    const { code, out } = await dqProgram(bench, ['list', '--limit', '1000', '--json'])
    expect(code).toBe(0)
    expect((JSON.parse(out) as { items: unknown[] }).items).toHaveLength(1_000)
  })

  it('ends well when its reader has seen enough', async () => {
    const bench = await workbench()
    const child = spawn(NODE, [join(ROOT, 'src', 'cli', 'main.ts'), 'enqueue', '-', '--json'], {
      env: { ...process.env, REDIS_URL: bench.url, DQ_NAMESPACE: bench.namespace },
      cwd: tmpdir(),
      stdio: 'pipe',
    })
    child.stdin.on('error', () => {}) // EPIPE: it has ended, as it should
    child.stdin.write('{"type":"a"}\n')
    await once(child.stdout, 'data')
    child.stdout.destroy()
    child.stdin.write('{"type":"a"}\n'.repeat(10))
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})

describe('a Redis that cannot be used', () => {
  it('is told in one line with its address and the remedy, within five seconds', async () => {
    const startedAt = performance.now()
    const { code, err } = await dq({ url: 'redis://127.0.0.1:1', namespace: 'x' }, ['stats'])
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(
        /^dq: cannot reach Redis at 127\.0\.0\.1:1: .*--redis-url.*\(the address is from REDIS_URL\)$/,
      ),
    ])
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })

  it('is told apart when it refuses the password: exit code 78', async () => {
    const server = await startRedis({ args: ['--requirepass', 'right'] })
    try {
      const place = { url: server.url, namespace: 'x' }
      for (const password of [undefined, 'wrong']) {
        const { code, out, err } = await dq(place, ['stats'], { env: { REDIS_PASSWORD: password } })
        expect([code, out, err.split('\n').length]).toEqual([78, '', 1])
        expect(err).toMatch(/^dq: Redis at .* refused the credentials/)
        expect(err).not.toContain('wrong,')
      }
      expect((await dq(place, ['stats'], { env: { REDIS_PASSWORD: 'right' } })).code).toBe(0)
    } finally {
      await server.stop()
    }
  })

  it('is configured wrongly: every problem in a line, exit code 2', async () => {
    const { code, err } = await dq({ url: 'nonsense', namespace: 'a b' }, ['stats'])
    expect(code).toBe(2)
    expect(err.split('\n')).toEqual([
      expect.stringMatching(/^dq: REDIS_URL/),
      expect.stringMatching(/^dq: DQ_NAMESPACE: 'a b'/),
    ])
  })
})
