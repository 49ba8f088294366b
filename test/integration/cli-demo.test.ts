import { tmpdir } from 'node:os'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT, spawnNode } from '../helpers/process.ts'
import { until } from '../helpers/until.ts'

const DEMO = join(ROOT, 'src', 'cli', 'demo.ts')
const ADDRESS = /unix:\/\/(\S+)\/redis\.sock/

describe('the demo without a terminal', () => {
  it('runs every task to its planned end, says so, and leaves nothing behind', async () => {
    const demo = spawnNode(DEMO, { cwd: tmpdir() })
    demo.end()
    const { code } = await demo.exit
    expect(demo.stderr).toEqual([])
    expect(code).toBe(0)
    const text = demo.stdout.join('\n')
    const [, enqueued, own, fired] = /enqueued +(\d+): (\d+) by the demo, (\d+) by the schedule/.exec(text)!.map(Number)
    const completed = Number(/completed +(\d+)/.exec(text)?.[1])
    const dead = Number(/dead +(\d+), planned 12/.exec(text)?.[1])
    expect(own).toBe(360)
    expect(fired).toBeGreaterThanOrEqual(2)
    expect(enqueued).toBe(completed + dead)
    expect(text).toMatch(/books +balanced in 3 queues/)
    expect(text).toMatch(/Every task ended as planned\.$/)
    expect(existsSync(ADDRESS.exec(text)![1]!)).toBe(false)
  })

  it.each(['SIGTERM', 'SIGKILL'] as const)('takes everything with it when it gets %s', async (signal) => {
    const demo = spawnNode(DEMO, { cwd: tmpdir() })
    const [, folder] = await demo.waitForLine(ADDRESS, { timeoutMs: 20_000 })
    demo.kill(signal)
    expect(await demo.exit).toEqual(signal === 'SIGTERM' ? { code: 143, signal: null } : { code: null, signal })
    await until(() => !existsSync(folder!), { what: 'the folder to be gone' })
  })

  it('refuses what it does not know', async () => {
    const demo = spawnNode(DEMO, { args: ['--fast'], cwd: tmpdir() })
    expect((await demo.exit).code).toBe(2)
    expect(demo.stderr).toEqual([expect.stringContaining("demo: Unknown option '--fast'")])
  })
})
