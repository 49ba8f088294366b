import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { type AnswersDocument, DocumentedAnswers } from '../helpers/api-answers.ts'
import { call } from '../helpers/daemon.ts'
import { until } from '../helpers/until.ts'
import { lookBack } from './after.ts'
import { askAlone, askSlowly, KeptConnection } from './connections.ts'
import { type Dice, diceOf } from './dice.ts'
import { hostileShot } from './hostile.ts'
import type { Footprint } from './probe.ts'
import { type Keys, requestShot } from './requests.ts'
import { bytesOf, type Shot } from './shot.ts'
import { Verdict } from './verdict.ts'
import { startWorld, type World } from './world.ts'

export interface FuzzOptions {
  readonly seed: number
  readonly requests: number
  /** `dist`, as it is installed; otherwise the sources. */
  readonly isBuilt: boolean
  readonly say: (text: string) => void
}

/** What one run came to: it is printed as it is. */
export interface FuzzLine {
  readonly seed: number
  readonly requests: number
  readonly answers: Readonly<Record<string, number>>
  /** Documented successes that were seen, of so many. */
  readonly documented: readonly [number, number]
  readonly slow_connections: number
  readonly livez_ms_max: number
  readonly heap_mb: readonly [number, number]
  readonly rss_mb: readonly [number, number]
  readonly handles: readonly [number, number]
  readonly redis_keys: number
  readonly log_lines: number
  readonly violations: readonly string[]
  readonly seconds: number
}

const LANES = 24
/** Beyond what caches, compiled code and the noise of the collector account for; 100,000 leaks of 300 bytes are more. */
const HEAP_GROWTH_MOST = 24 * 1_048_576
const RSS_GROWTH_MOST = 160 * 1_048_576
/** A connection to Redis may be made in the middle. */
const HANDLES_GROWTH_MOST = 1
const LIVEZ_EVERY_MS = 200
const LIVEZ_MOST_MS = 15_000

/** The first ones are huge, so that what they take of memory is there before it is measured. */
const HUGE_FIRST = 8
const HUGE_EVERY = 5_000

function shotOf(number: number, dice: Dice, keys: Keys): Shot {
  if (number < HUGE_FIRST || number % HUGE_EVERY === 0) return hostileShot(dice, keys, true)
  const kind = dice.below(20)
  if (kind < 5) return requestShot(dice, keys, 'valid')
  if (kind < 12) return requestShot(dice, keys, 'mutated')
  if (kind === 12) return requestShot(dice, keys, 'no key')
  if (kind === 13) return requestShot(dice, keys, 'foreign')
  return hostileShot(dice, keys, false)
}

class Run {
  readonly #world: World
  readonly #verdict: Verdict
  readonly #options: FuzzOptions
  readonly #lanes: KeptConnection[]
  #next = 0

  constructor(world: World, verdict: Verdict, options: FuzzOptions) {
    this.#world = world
    this.#verdict = verdict
    this.#options = options
    this.#lanes = Array.from({ length: LANES }, () => new KeptConnection(world.target))
  }

  async #send(number: number, lane: KeptConnection): Promise<void> {
    const shot = shotOf(number, diceOf(this.#options.seed, `request ${number}`), this.#world.keys)
    try {
      const answers = shot.connection === 'kept' ? [await lane.ask(shot)] : await askAlone(this.#world.target, shot)
      for (const answer of answers) this.#verdict.judge(number, shot, answer)
    } catch (error) {
      this.#verdict.about(number, shot, String(error))
      lane.close()
    }
  }

  /** Sends what comes up to this number. */
  async upTo(end: number): Promise<void> {
    const lane = async (connection: KeptConnection): Promise<void> => {
      while (this.#next < end && this.#world.isAlive()) {
        const number = this.#next++
        if (number > 0 && number % 10_000 === 0) this.#options.say(`${number} requests`)
        await this.#send(number, connection)
      }
    }
    await Promise.all(this.#lanes.map(lane))
    for (const one of this.#lanes) one.close()
  }

  /** Connections that end within the time limits of the server, however slowly somebody writes. */
  async slowly(count: number): Promise<void> {
    const key = this.#world.keys.admin
    const begins = [
      'GET /livez HT',
      'GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Slow: ',
      `POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${key}\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n{`,
    ]
    const one = async (begin: string): Promise<void> => {
      const shot: Shot = { bytes: Buffer.from(begin), asked: undefined, isRefused: true, connection: 'own' }
      try {
        for (const answer of await askSlowly(this.#world.target, begin)) this.#verdict.judge(-1, shot, answer)
      } catch (error) {
        this.#verdict.about(-1, shot, String(error))
      }
    }
    await Promise.all(Array.from({ length: count }, (_, i) => one(begins[i % begins.length]!)))
  }

  /** Asks whether the event loop is alive until it is told to end. @returns the longest that an answer took, ms. */
  async watch(signal: AbortSignal): Promise<number> {
    const connection = new KeptConnection(this.#world.target)
    const asked = { method: 'GET', path: '/livez' }
    const bytes = bytesOf({ ...asked, headers: [['Host', 'localhost']], body: undefined })
    let most = 0
    while (!signal.aborted && this.#world.isAlive()) {
      const startedMs = performance.now()
      try {
        await connection.ask({ bytes, asked, isRefused: false, connection: 'kept' })
      } catch (error) {
        this.#verdict.add(`GET /livez: ${String(error)}`)
      }
      most = Math.max(most, performance.now() - startedMs)
      await pause(LIVEZ_EVERY_MS, undefined, { signal }).catch(() => undefined)
    }
    connection.close()
    return most
  }
}

const CALM_LOOKS = 5

/** Once nothing is under way any more: what is open stays the same for a second. */
async function settled({ probe, isAlive }: World): Promise<Footprint> {
  if (!isAlive()) return { rssBytes: 0, heapBytes: 0, handles: 0 }
  let [last, same] = [-1, 0]
  const isCalm = async (): Promise<boolean> => {
    const { handles } = await probe.look()
    same = handles === last ? same + 1 : 0
    last = handles
    return same >= CALM_LOOKS
  }
  await until(isCalm, { timeoutMs: 60_000, everyMs: 200, what: 'the daemon to be calm' })
  return probe.footprint()
}

function judgeGrowth(verdict: Verdict, from: Footprint, to: Footprint): void {
  const grown = (name: string, a: number, b: number, most: number): void => {
    if (b - a > most) verdict.add(`${name} grew from ${a} to ${b}`)
  }
  grown('the heap', from.heapBytes, to.heapBytes, HEAP_GROWTH_MOST)
  grown('the memory', from.rssBytes, to.rssBytes, RSS_GROWTH_MOST)
  grown('the number of open handles', from.handles, to.handles, HANDLES_GROWTH_MOST)
}

const inMb = (bytes: number): number => Math.round(bytes / 104_857.6) / 10

/** Sends so many random and hostile requests to a daemon of its own, and tells what did not hold. */
export async function fuzzApi(options: FuzzOptions): Promise<FuzzLine> {
  const { seed, requests, isBuilt } = options
  const startedMs = performance.now()
  const world = await startWorld(isBuilt)
  try {
    const api = `http://${world.target.host}:${world.target.port}`
    const { json } = await call(api, 'GET', '/openapi.json', { headers: { 'x-api-key': world.keys.admin } })
    const verdict = new Verdict(new DocumentedAnswers(json as AnswersDocument))
    const run = new Run(world, verdict, options)
    await run.upTo(Math.ceil(requests / 10))
    const before = await settled(world)
    const slow = requests >= 50_000 ? 60 : 6
    const over = new AbortController()
    const watched = run.watch(over.signal)
    await Promise.all([run.upTo(requests), run.slowly(slow)])
    over.abort()
    const livezMs = await watched
    if (livezMs > LIVEZ_MOST_MS) verdict.add(`the event loop stood still for ${Math.round(livezMs)} ms`)
    const after = await settled(world)
    if (world.isAlive()) judgeGrowth(verdict, before, after)
    const last = new KeptConnection(world.target)
    const { problems, redisKeys } = await lookBack(world, last)
    return {
      seed,
      requests,
      answers: verdict.statuses,
      documented: verdict.documented,
      slow_connections: slow,
      livez_ms_max: Math.round(livezMs),
      heap_mb: [inMb(before.heapBytes), inMb(after.heapBytes)],
      rss_mb: [inMb(before.rssBytes), inMb(after.rssBytes)],
      handles: [before.handles, after.handles],
      redis_keys: redisKeys,
      log_lines: world.stdout().toString('utf8').split('\n').length - 1,
      violations: [...verdict.violations, ...problems],
      seconds: Math.round((performance.now() - startedMs) / 100) / 10,
    }
  } finally {
    await world.discard()
  }
}
