import { expect, it, onTestFinished } from 'vitest'
import { Client } from '../../src/core/index.ts'
import { frameOf } from '../../src/tui/app/frame.ts'
import type { State } from '../../src/tui/state/state.ts'
import { textOf } from '../../src/tui/text/line.ts'
import { startRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'
import { RealConsole } from './harness/real-console.ts'

/** `DQ_OUTAGE_SECONDS=30` takes the length of a failover that goes badly. */
const OUTAGE_MS = Number(process.env['DQ_OUTAGE_SECONDS'] ?? 3) * 1_000
const STEADY_SECONDS = 3
const BATCH = 10

const textsOf = (state: State): string => frameOf(state).lines.map(textOf).join('\n')
const secondOf = (ms: number): number => Math.floor(ms / 1000)

/** Tasks enqueued by second, as the console has read them. */
function bySecond({ data: { history } }: State): ReadonlyMap<number, number> {
  if (history === undefined) return new Map()
  const first = secondOf(history.endMs) - history.enqueued.length
  return new Map(history.enqueued.map((n, at) => [first + at, n]))
}

/** Tasks at a steady pace, and how many of them may have come in which second. */
class Producer {
  readonly #client: Client
  readonly most = new Map<number, number>()
  total = 0

  constructor(url: string) {
    this.#client = new Client({ redisUrl: url })
    onTestFinished(() => this.#client.close())
  }

  /** Until the console has seen so many seconds of it, after that one. */
  async until(top: RealConsole, afterSecond: number): Promise<void> {
    const seen = (): number =>
      [...bySecond(top.console.store.state)].filter(([second, n]) => second > afterSecond && n > 0).length
    const batch = async (): Promise<boolean> => {
      const from = secondOf(Date.now())
      await this.#client.enqueueMany(Array.from({ length: BATCH }, () => ({ type: 'mail', payload: {} })))
      for (let second = from; second <= secondOf(Date.now()); second++)
        this.most.set(second, (this.most.get(second) ?? 0) + BATCH)
      this.total += BATCH
      return seen() >= STEADY_SECONDS
    }
    await until(batch, { timeoutMs: 60_000, everyMs: 100, what: 'the console to see a steady pace' })
  }
}

it(
  'Redis is killed and comes back: rows stay and age, nothing can be changed, and no rate is of the time between',
  { timeout: 180_000 + OUTAGE_MS },
  async () => {
    const server = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
    onTestFinished(() => server.stop())
    const top = new RealConsole(server.url, { columns: 120, rows: 32, intervalMs: 500 })
    onTestFinished(async () => void (await top.ended()))
    const { store } = top.console
    const producer = new Producer(server.url)
    await producer.until(top, 0)

    const pending = (): number | undefined => store.state.data.queues[0]?.pending
    await until(() => pending() === producer.total, { what: 'all that was made to be shown' })
    await server.kill9()
    const killedAtMs = Date.now()
    await until(() => store.state.data.link.kind === 'down', { what: 'the loss to be seen' })
    top.terminal.send('2')
    top.terminal.send('P')
    await top.settled(false)
    expect(top.terminal.text()).toContain('not connected: nothing can be changed now')
    await until(() => Date.now() - killedAtMs >= OUTAGE_MS, { timeoutMs: OUTAGE_MS * 2, what: 'the outage to pass' })
    await until(() => store.state.nowMs - killedAtMs > OUTAGE_MS - 1_000, { what: 'the clock to go on' })
    await top.settled(false)
    const [, minutes, seconds] = /DISCONNECTED (\d+):(\d+)/.exec(top.terminal.text()) ?? []
    expect(Number(minutes) * 60 + Number(seconds)).toBeGreaterThanOrEqual(OUTAGE_MS / 1_000 - 1)
    expect(top.terminal.text()).toMatch(new RegExp(`default +running +${producer.total} .* - +- +-`))
    expect(top.hasEnded).toBe(false)

    const back: State[] = []
    store.subscribe(() => store.state.data.link.kind === 'up' && back.push(store.state))
    top.terminal.send('1')
    await server.restart()
    const restartedAtMs = Date.now()
    await producer.until(top, secondOf(restartedAtMs))
    const seen = (): number => [...bySecond(store.state).values()].reduce((sum, n) => sum + n, 0)
    await until(() => seen() === producer.total, { what: 'every task to be in the history, once' })

    expect(textsOf(back[0]!)).toMatch(/enqueued .* -\/s/)
    for (const { data } of back) {
      const rate = data.queues[0]!.enqueuedRate
      expect(rate).toBeGreaterThanOrEqual(0)
      expect(rate).toBeLessThanOrEqual(producer.total / 10)
    }
    const gap = [...bySecond(store.state)].filter(
      ([second]) => second > secondOf(killedAtMs) && second < secondOf(restartedAtMs),
    )
    expect(gap.length).toBeGreaterThan(0)
    expect(gap.filter(([, n]) => n !== 0)).toEqual([])
    for (const [second, n] of bySecond(store.state))
      expect(n, `in second ${second}`).toBeLessThanOrEqual(producer.most.get(second) ?? 0)
  },
)
