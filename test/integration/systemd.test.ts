import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { shaOf } from '../../src/core/script-sha.ts'
import { SCRIPTS } from '../../src/core/scripts.ts'
import { aDaemon } from '../helpers/daemon.ts'
import { ROOT, type SpawnedNode, spawnNode } from '../helpers/process.ts'
import { outputOf, programOf } from '../helpers/program.ts'
import { startProxy } from '../helpers/proxy.ts'
import { startRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'

const UNIT = readFileSync(join(ROOT, 'deploy', 'systemd', 'dq-daemon@.service'), 'utf8')
const EXPOSURE_MOST = 1.5
const WATCHDOG_MS = 1_000

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dq-systemd-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The unit as an instance in a folder of its own, with a program that exists on every machine. */
function anInstance(): string {
  const file = join(aFolder(), 'dq-daemon@main.service')
  writeFileSync(file, UNIT.replace(/^ExecStart=.*$/m, 'ExecStart=/bin/true'))
  return file
}

/** What systemd would be told: one line a message. */
async function aSupervisor(): Promise<{ path: string; told: SpawnedNode }> {
  const path = join(aFolder(), 'notify')
  const told = spawnNode(join(ROOT, 'test', 'fixtures', 'datagrams.pl'), { args: [path], node: programOf('perl') })
  onTestFinished(() => void told.kill('SIGKILL'))
  await told.waitForLine(/^listening$/)
  return { path, told }
}

it('has a unit that systemd accepts, and that exposes little', () => {
  const file = anInstance()
  expect(outputOf('systemd-analyze', ['verify', '--man=no', file])).toEqual({ code: 0, text: '' })
  const { text } = outputOf('systemd-analyze', ['security', '--offline=true', '--no-pager', file])
  const [, exposure = ''] = /Overall exposure level for .*: (\d+\.\d+)/.exec(text) ?? []
  expect(exposure).toMatch(/\d/)
  expect(Number(exposure)).toBeLessThanOrEqual(EXPOSURE_MOST)
})

it(
  'tells systemd that it is ready, and feeds the watchdog only while its loops turn',
  { timeout: 90_000 },
  async () => {
    const server = await startRedis({ tcp: true })
    onTestFinished(() => server.stop())
    const proxy = await startProxy({ port: server.port! })
    onTestFinished(() => proxy.close())
    const { path, told } = await aSupervisor()
    const env = { NOTIFY_SOCKET: path, WATCHDOG_USEC: String(WATCHDOG_MS * 1_000) }
    const daemon = await aDaemon({ redisUrl: proxy.url, env })
    await told.waitForLine(/^READY=1/)
    const fed = (): number => told.stdout.filter((line) => line.startsWith('WATCHDOG=1')).length
    const fedAgain = async (): Promise<unknown> => {
      const before = fed()
      return until(() => fed() > before + 2, { what: 'the watchdog to be fed' })
    }
    await fedAgain()
    let isBroken = true
    const isClaim = (command: string, [sha]: readonly string[]): boolean =>
      isBroken && command === 'EVALSHA' && sha === shaOf('claim', SCRIPTS.claim.lua)
    proxy.answer(isClaim, 'ERR no claims today', Infinity)
    const word = async (): Promise<string> => (await daemon.call('GET', '/readyz')).text
    await daemon.call('POST', '/v1/tasks', { body: { type: 'echo', payload: {} } })
    await until(async () => (await word()) === 'stalled', { timeoutMs: 30_000, everyMs: 100 })
    let [count, sinceMs] = [fed(), performance.now()]
    const starves = (): boolean => {
      if (fed() !== count) [count, sinceMs] = [fed(), performance.now()]
      return performance.now() - sinceMs > 3 * WATCHDOG_MS
    }
    await until(starves, { what: 'the watchdog to starve' })
    isBroken = false
    await fedAgain()
    expect(await daemon.stop()).toEqual({ code: 0, signal: null })
    await told.waitForLine(/^STOPPING=1/)
  },
)
