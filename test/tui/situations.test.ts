import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Client } from '../../src/core/index.ts'
import type { SpawnedNode } from '../helpers/process.ts'
import { type RedisServer, startRedis } from '../helpers/redis.ts'
import { until } from '../helpers/until.ts'
import { FULL, SIZE, deadOf, fill, holder, sick } from './harness/situations.ts'
import { DQ_TOP, type Tmux, aTerminal } from './harness/tmux.ts'

/** With a hundred thousand dead tasks to look through it takes its time. */
const PATIENCE_MS = SIZE === FULL ? 120_000 : 20_000

let server: RedisServer
let client: Client
let mailer: SpawnedNode

beforeAll(async () => {
  server = await startRedis()
  client = new Client({ redisUrl: server.url })
  await fill(server.url, SIZE)
  mailer = await holder(server.url, 'mail', 4, '30s')
}, 600_000)

afterAll(async () => {
  mailer.kill('SIGKILL')
  await mailer.exit
  await client.close()
  await server.stop()
}, 600_000)

/** The console in a terminal, and how many keys it was given since its first screen. */
class Hands {
  readonly top: Tmux
  keys = 0

  constructor(top: Tmux) {
    this.top = top
  }

  /** Names of keys as tmux has them. */
  async press(names: readonly string[], pattern: RegExp | string): Promise<string> {
    this.keys += names.length
    this.top.keys(...names)
    return this.top.shows(pattern, PATIENCE_MS)
  }

  /** Answers a question that is on the screen, which takes no answer in its first moment. Not counted. */
  async confirm(question: RegExp, key: string, pattern: RegExp | string): Promise<string> {
    await this.top.shows(question, PATIENCE_MS)
    const press = (): boolean => {
      if (question.test(this.top.screen())) this.top.keys(key)
      return !question.test(this.top.screen())
    }
    await until(press, { timeoutMs: 10_000, everyMs: 1_000, what: `${key} to be taken` })
    return this.top.shows(pattern, PATIENCE_MS)
  }

  /** Types the phrase that a question about many tasks asks for. Not counted. */
  async confirmByPhrase(phrase: string, pattern: RegExp | string): Promise<string> {
    const [first = '', ...rest] = phrase.split('')
    await this.top.shows(`Type  ${phrase}  to go on`, PATIENCE_MS)
    await this.top.answers(first, `to go on:  ${first}`)
    this.top.keys(...rest.map((sign) => (sign === ' ' ? 'Space' : sign)))
    await this.top.shows(`to go on:  ${phrase}_`)
    this.top.keys('Enter')
    return this.top.shows(pattern, PATIENCE_MS)
  }
}

async function open(): Promise<Hands> {
  const top = await aTerminal(80, 24)
  top.type(`${DQ_TOP} --redis-url ${server.url}\n`)
  await top.shows('Health')
  return new Hands(top)
}

const letters = (text: string): string[] => text.split('').map((sign) => (sign === ' ' ? 'Space' : sign))
const deadIn = async (queue: string): Promise<number> => (await client.inspector.snapshot([queue]))[0]?.dead ?? 0

describe('on a screen of 80x24, with a long line and a long DLQ', { timeout: 300_000 }, () => {
  it('shows in 4 keys which error kills most tasks, and one of them', async () => {
    const hands = await open()
    await hands.press(['4'], /> +d\d{7} /)
    const groups = await hands.press(['b'], /> +\d+ +\d+% +demo\.email/)
    expect(groups).toMatch(/> .*SMTP 421 4\.7\.0 timeout/)
    await hands.press(['Enter'], /\d+ of \d+ match[^]*> +d\d{7} .*SMTP 421/)
    const task = await hands.press(['Enter'], /Task d\d{7}/)
    expect(task).toContain('Error')
    expect(task).toMatch(/SMTP 421 4\.7\.0 timeout of connection \d+/)
    expect(hands.keys).toBeLessThanOrEqual(4)
  })

  it('replays in 12 keys only what died of one error in the last hour', async () => {
    const before = await deadIn('mail')
    const timeouts = deadOf(SIZE, 'timeout', 'new')
    const hands = await open()
    await hands.top.shows(/>! *DLQ of mail growing: .*SMTP 421/)
    await hands.press(['Enter'], /\d+ of \d+ match/)
    await hands.press(['/', 'Space', ...letters('age<1h'), 'Enter'], /\d+ of \d+ match[^]*b by error/)
    await hands.press(['*'], /marked/)
    const question = await hands.press(['R'], `replay ${timeouts}  to go on`)
    expect(hands.keys).toBeLessThanOrEqual(12)
    expect(question).toContain(`REPLAY ${timeouts} matching`)
    expect(question).toMatch(new RegExp(`from +DLQ of mail: ${timeouts}`))
    expect(question).toMatch(/to +pending of mail \(now \d+ deep/)
    await hands.confirmByPhrase(`replay ${timeouts}`, `replayed ${timeouts} tasks`)
    expect(await deadIn('mail')).toBe(before - timeouts)
    expect(await deadIn('photos')).toBe(deadOf(SIZE, 'photos', 'any'))
  })

  it('stops a replay by 1 key, and takes a purge back by 1 key and a confirmation', async () => {
    const photos = deadOf(SIZE, 'photos', 'any')
    const hands = await open()
    hands.top.type(':dlq queue:photos id:d00001*,d00002*,d00003*')
    await hands.press(['Enter'], /\d+ of \d+ match/)
    await hands.press(['*'], /marked/)
    await hands.press(['R'], /s slow/)
    await hands.top.shows('s slow')
    await until(
      () => {
        if (!hands.top.screen().includes('10 a second')) hands.top.keys('s')
        return hands.top.screen().includes('10 a second')
      },
      { everyMs: 1_000, what: 'the replay to be a slow one' },
    )
    await hands.confirm(/10 a second;/, 'y', /replaying/)
    hands.keys = 0
    await hands.press(['C-c'], /replayed \d+ tasks? .*stopped: \d+ left as they were/)
    expect(hands.keys).toBe(1)
    const left = await deadIn('photos')
    expect(left).toBeGreaterThan(photos - 45)
    hands.top.type(':dlq queue:photos')
    await hands.press(['Enter'], /filter: queue:photos(?! id)/)
    await hands.press(['X'], 'PURGE')
    await hands.confirmByPhrase(`purge ${left}`, `deleted ${left} tasks`)
    expect(await deadIn('photos')).toBe(0)
    hands.keys = 0
    await hands.press(['U'], `Undo: purge of ${left} tasks`)
    expect(hands.keys).toBe(1)
    await hands.confirm(/Undo: purge/, 'y', `${left} tasks are back in the DLQ`)
    expect(await deadIn('photos')).toBe(left)
  })

  it('stops one queue, shows its line grow, and starts it again, in 3 keys', async () => {
    const hands = await open()
    await hands.press(['2'], /> *mail +running/)
    await hands.press(['P'], /Pause mail\?/)
    const paused = await hands.confirm(/Pause mail\?/, 'y', /> *mail +PAUSED/)
    const depth = (screen: string): number => Number(/mail +PAUSED +(\d+)/.exec(screen)?.[1])
    await client.enqueueMany(Array.from({ length: 7 }, () => ({ type: 'demo.email', payload: {}, queue: 'mail' })))
    await hands.top.shows(new RegExp(`mail +PAUSED +${depth(paused) + 7} `))
    await hands.press(['P'], /Resume mail\?/)
    await hands.confirm(/Resume mail\?/, 'y', /> *mail +running/)
    expect(hands.keys).toBeLessThanOrEqual(3)
    expect((await client.inspector.snapshot(['mail']))[0]?.paused).toBeUndefined()
  })

  describe('when a worker hangs', () => {
    let ill: { daemon: SpawnedNode; id: string }

    beforeAll(async () => {
      ill = await sick(server.url)
    }, 60_000)

    afterAll(async () => {
      ill.daemon.kill('SIGKILL')
      await ill.daemon.exit
    })

    it('says without a key what is wrong, worst first, beside the last 15 minutes', async () => {
      await until(
        async () => {
          const { leaseExpiresAtMs = Infinity } = (await client.inspector.leases({ limit: 1 }))[0] ?? {}
          return Date.now() - leaseExpiresAtMs > 16_000
        },
        { timeoutMs: 30_000, everyMs: 200, what: 'leases to be overdue' },
      )
      const top = await aTerminal(80, 24)
      top.type(`${DQ_TOP} --redis-url ${server.url}\n`)
      const screen = await top.shows('Health')
      const order = [/! 3 leases expired/, /! worker \S+ silent .*holds 3 tasks/, /DLQ of mail growing/]
      const places = order.map((finding) => screen.search(finding))
      expect(places).not.toContain(-1)
      expect(places).toEqual(places.toSorted((a, b) => a - b))
      expect(screen).toMatch(/enq .*[▂▃▄▅▆▇█]/)
    })

    it('shows in 3 keys who holds a task, since when and for how long, and that it is stuck', async () => {
      const hands = await open()
      const stuck = await hands.press(['3'], /Selected report-\d/)
      expect(stuck).toMatch(/held by \S+ since [\d:.]+ \(.* ago\)/)
      expect(stuck).toContain(ill.id)
      expect(stuck).toMatch(/lease EXPIRED .* ago/)
      const task = await hands.press(['Enter'], /Task report-\d/)
      expect(task).toContain(ill.id)
      expect(task).toMatch(/started .*ago/)
      expect(task).toMatch(/lease ends .*ago/)
      expect(hands.keys).toBeLessThanOrEqual(3)
    })

    it('shows in 4 keys which worker is sick, and quiets it', async () => {
      const hands = await open()
      await hands.press(['5'], /working/)
      await hands.press(['!'], /> *\S+ +SILENT/)
      await hands.press(['W'], /No new tasks/)
      expect(hands.keys).toBeLessThanOrEqual(4)
      await hands.confirm(/No new tasks/, 'y', /quiet/)
      const isQuiet = async () => (await client.inspector.workers()).find(({ id }) => id === ill.id)?.quiet
      await until(isQuiet, { what: 'the sick worker to be quiet' })
    })
  })

  it.each(['mail', 'photos', 'reports'])('leaves the books of %s balanced', async (queue) => {
    expect((await client.inspector.verify(queue)).drift).toEqual([])
    expect((await client.inspector.verifyDeep(queue)).problems).toEqual([])
  })
})
