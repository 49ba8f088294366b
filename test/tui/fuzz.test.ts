import { expect, it } from 'vitest'
import { startRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'
import { FuzzRun } from './harness/fuzz-run.ts'
import { RealConsole } from './harness/real-console.ts'

/** Given by `npm run fuzz`. */
const SEED = Number(process.env['DQ_FUZZ_SEED'] ?? 1)
const SECONDS = Number(process.env['DQ_FUZZ_SECONDS'] ?? Number.POSITIVE_INFINITY)
const STEPS = Number(process.env['DQ_FUZZ_STEPS'] ?? 120)

const FREE_MS = 300_000

it(
  'whatever is typed, pasted and resized, the screen is that of the state and the terminal is given back',
  { timeout: FREE_MS + (Number.isFinite(SECONDS) ? SECONDS * 1_000 : 0) },
  async () => {
    const server = await startRedis()
    try {
      const ran = await new FuzzRun({ url: server.url, seed: SEED, steps: STEPS, seconds: SECONDS }).run()
      console.info(JSON.stringify({ seed: SEED, ...ran }))
      expect(ran.steps).toBeGreaterThan(0)
    } finally {
      await server.stop()
    }
  },
)

it.each([['q\f'], ['q\x1a'], ['\x034R'], ['q:q\r']])(
  'the terminal is given back when %j comes at once, and what follows the end is for nobody',
  async (raw) => {
    const server = await startRedis()
    try {
      const top = new RealConsole(server.url, { columns: 80, rows: 24, intervalMs: 1_000 })
      await top.settled(true)
      top.terminal.send(raw)
      top.terminal.resize(100, 30)
      await until(() => top.hasEnded, { what: 'the console to end' })
      expect(await top.ended()).toBeUndefined()
      expect(top.console.store.state.ui.stack).toEqual([{ kind: 'view', view: 'overview' }])
    } finally {
      await server.stop()
    }
  },
)

it('the terminal is lent to one at a time, and nothing is written to it until it is back', async () => {
  const server = await startRedis()
  try {
    const top = new RealConsole(server.url, { columns: 80, rows: 24, intervalMs: 1_000 })
    await top.settled(true)
    const before = top.console.store.state.ui.size.columns
    top.terminal.send('\x1a\x1a\f\x1a')
    await until(() => top.console.store.state.ui.size.columns > before, { what: 'the other size to be heard of' })
    expect(await top.difference()).toBeUndefined()
    expect(await top.ended()).toBeUndefined()
  } finally {
    await server.stop()
  }
})
