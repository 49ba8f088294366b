import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Client } from '../../src/core/index.ts'
import { NODE, ROOT } from '../helpers/process.ts'
import { sharedRedis, startRedis } from '../helpers/redis.ts'

const PROGRAM = join(ROOT, 'src', 'tui', 'main.ts')

/** Runs the console without a terminal. */
async function run(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(NODE, [PROGRAM, ...args], { env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env } })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

describe('without a terminal', () => {
  it('the overview is printed as text, and 0 says that all is well', async () => {
    const { url, namespace } = await sharedRedis()
    const client = new Client({ redisUrl: url, namespace })
    onTestFinished(() => client.close())
    await client.enqueue('later', {}, { queue: 'orders', delay: '1h' })
    const { code, out } = await run(['--once', '--redis-url', url, '--namespace', namespace])
    expect(out).toMatch(/Health/)
    expect(out).toMatch(/orders +running +0/)
    expect(code).toBe(0)
  })

  it('1 says that there is something to look at', async () => {
    const { url, namespace } = await sharedRedis()
    const client = new Client({ redisUrl: url, namespace })
    onTestFinished(() => client.close())
    await client.enqueue('later', {}, { queue: 'orders' })
    await client.operator.pause('orders')
    const text = await run(['--redis-url', url, '--namespace', namespace])
    expect(text.out).toMatch(/orders is paused since/)
    expect(text.code).toBe(1)
    const json = await run(['--json', '--redis-url', url, '--namespace', namespace])
    expect(JSON.parse(json.out)).toMatchObject({
      ok: false,
      findings: [{ view: 'queues' }],
      stats: { queues: [{ name: 'orders', paused: true, pending: { default: 1 } }] },
    })
    expect(json.code).toBe(1)
  })

  it('2 and one line say that Redis cannot be read', async () => {
    const away = await run(['--once', '--redis-url', 'redis://127.0.0.1:1'])
    expect(away).toMatchObject({ code: 2, out: '' })
    expect(away.err).toMatch(/^dq-top: cannot reach Redis at 127\.0\.0\.1:1: .*ECONNREFUSED.*\n$/)
  })

  it('2 and one line say that the password is wrong, without it', async () => {
    const server = await startRedis({ args: ['--requirepass', 'right'] })
    onTestFinished(() => server.stop())
    const { code, out, err } = await run(['--once', '--redis-url', server.url], { REDIS_PASSWORD: 'wrong-one' })
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(/^dq-top: .*refused the credentials.*\n$/)
    expect(err).not.toContain('wrong-one')
  })
})

describe('the command line', () => {
  it.each([
    [['--read-onyl'], 'there is no option --read-onyl; did you mean --read-only?'],
    [['-x'], 'there is no option -x'],
    [['queues'], 'queues" is not understood: dq-top takes options only'],
    [['--interval', 'soon'], "--interval: 'soon' is not a duration from 500ms to 60s"],
    [['--interval', '10ms'], "--interval: '10ms' is not a duration from 500ms to 60s"],
    [['--color', 'purple'], "--color: 'purple' is none of auto, always, never"],
    [['--redis-url', 'http://x'], '--redis-url'],
    [['--redis-cluster', 'a:b'], 'is no list of hosts'],
  ])('%j is refused with one clear line', async (args, message) => {
    const { code, out, err } = await run([...args, '--once'])
    expect(err).toContain(message)
    expect(err.trimEnd().split('\n')).toHaveLength(1)
    expect({ code, out }).toEqual({ code: 2, out: '' })
  })

  it('explains itself', async () => {
    const { code, out } = await run(['--help'])
    for (const option of [
      '--redis-url',
      '--namespace',
      '--read-only',
      '--interval',
      '--once',
      '--json',
      '--ascii',
      '--color',
    ])
      expect(out).toContain(option)
    expect(code).toBe(0)
    expect((await run(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})
