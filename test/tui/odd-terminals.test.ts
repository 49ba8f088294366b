import { describe, expect, it } from 'vitest'
import { frameOf } from '../../src/tui/app/frame.ts'
import { COLOURS, MONO } from '../../src/tui/components/theme.ts'
import { textOf } from '../../src/tui/text/line.ts'
import { until } from '../helpers/until.ts'
import { NOON, auditEntry, deadTask, leaseInfo, queueInfo, scheduleInfo, workerInfo } from './harness/infos.ts'
import { type Mounted, mount } from './harness/mount.ts'
import { type World, troubledWorld } from './harness/world.ts'

const VIEWS = ['1', '2', '3', '4', '5', '6', '7', '8'] as const
const SIZES = [
  [60, 15],
  [300, 80],
] as const

/** Scripts, signs and sequences that terminals draw, join, turn round or obey. */
const TEXTS = {
  chinese: '宛先サーバー応答なし',
  emoji: '👩\u200d💻👍🏽⚠\ufe0f❤\ufe0f',
  flags: '🇯🇵🇩🇪🏴\u{e0067}\u{e0062}',
  marks: 'e\u0301o\u0308\u0301\u0302\u0303\u0304 Z͑ͫ̓ͪ',
  rightToLeft: 'שלום עולם مرحبا 123',
  turnedRound: 'txt.\u202egpj.exe\u202c\u2066x\u2069',
  sequences: '\x1b[2J\x1b]0;pwned\x07\x1b[?1049l\x1bc\x9b31m\x1bP+q\x1b\\',
  controls: 'a\rb\nc\td\be\x00f\x7f\x0e',
  invisible: 'pay\u200bpal\u00ad\ufeff\u2028\u3164',
} as const

const ascii = (_: string, at: number): string => `plain-${at}`

/** Every field that comes from Redis is such a text. */
function worldOf(texts: readonly string[]): World {
  let next = 0
  const text = (): string => texts[next++ % texts.length]!
  const queues = texts.map((name, n) =>
    queueInfo(name, { dead: 3, active: 3, paused: n === 0 ? { by: text(), atMs: NOON } : undefined }),
  )
  const failure = () => ({ attempt: 2, atMs: NOON, worker: text(), reason: 'error', message: text(), stack: text() })
  const dead = texts.map((queue, n) => {
    const last = failure()
    const id = { id: `${text()}${n}`, type: text(), queue, worker: text(), idempotencyKey: text() }
    return deadTask(n, { ...id, payload: { [text()]: text() }, error: last, attempts: [last], result: text() })
  })
  return {
    ...troubledWorld(),
    queues,
    dead,
    leases: texts.map((queue, n) => leaseInfo(n, { id: `${text()}${n}`, type: text(), queue, worker: text() })),
    workers: texts.map((name) =>
      workerInfo(name, { host: text(), queues: [text()], types: [text()], roles: [text()] }),
    ),
    schedules: texts.map((name) => scheduleInfo(name, { type: text(), queue: text(), timeZone: text() })),
    others: dead.map((task) => ({ ...task, state: 'scheduled' as const, runAtMs: NOON + 60_000 })),
    audit: texts.map((queue, n) => auditEntry(n, { queue, action: text(), by: text(), detail: text() })),
  }
}

const seen = (top: Mounted): string[] => top.terminal.lines().map((row) => row.trimEnd())
const drawn = (top: Mounted): string[] => frameOf(top.console.store.state).lines.map((row) => textOf(row).trimEnd())

async function show(top: Mounted, key: string): Promise<void> {
  await top.press(key)
  await top.refresh()
}

describe('what nobody vouches for, in every field', () => {
  it.each(Object.entries(TEXTS))('disturbs no view of any size: %s', async (_name, text) => {
    for (const [columns, rows] of SIZES) {
      const top = await mount({ world: worldOf([text, `${text} x`, 'plain']), columns, rows })
      for (const key of VIEWS) {
        await show(top, key)
        expect(seen(top)).toEqual(drawn(top))
      }
      for (const keys of [
        ['4', 'Enter'],
        ['Esc', 'y'],
        ['Esc', 'b'],
        ['Esc', ' ', ' ', 'R'],
        ['Esc', '2', 'Enter'],
      ]) {
        await top.press(...keys)
        await top.refresh()
        expect(seen(top)).toEqual(drawn(top))
      }
      expect(top.terminal.isAlternate).toBe(true)
      expect(top.terminal.titles).toEqual([])
      await top.stop()
    }
  })

  it.each(Object.entries(TEXTS))('leaves the columns where they are: %s', async (_name, text) => {
    const columnsOf = async (texts: readonly string[], key: string): Promise<readonly number[]> => {
      const top = await mount({ world: worldOf(texts), columns: 120, rows: 32 })
      await show(top, key)
      // The last column stands at the edge: it ends where the screen does in each row.
      const ends = texts.map((_, n) => top.terminal.edgeOf(4 + n))
      await top.stop()
      return ends
    }
    const texts = [text, `${text} ${text}`, `x${text}`]
    for (const key of ['2', '3', '4', '7'])
      expect(await columnsOf(texts, key)).toEqual(await columnsOf(texts.map(ascii), key))
  })
})

describe('a screen of any size', () => {
  it.each([...SIZES, [200, 50] as const])(
    'of %ix%i is filled as it was drawn, in every view',
    async (columns, rows) => {
      const top = await mount({ columns, rows })
      for (const key of [...VIEWS, '?']) {
        await show(top, key)
        expect(seen(top)).toEqual(drawn(top))
        expect(seen(top).at(-1)).toMatch(/\? help {2}q back$/)
      }
    },
  )
})

describe('a palette that may be dark on light', () => {
  it('is never painted over: no background, no white, no black, nothing beyond the 16 colours', () => {
    const safe = new Set(['red', 'green', 'magenta', 'cyan', undefined])
    for (const look of Object.values(COLOURS)) {
      expect(safe.has(look.color)).toBe(true)
      expect(look.backgroundColor).toBeUndefined()
    }
    for (const look of Object.values(MONO)) expect(look.color).toBeUndefined()
  })
})

describe('a link that stalls', () => {
  it('holds one frame, whatever happens meanwhile, and shows the present when it goes on', async () => {
    const top = await mount({ columns: 120, rows: 32 })
    await show(top, '4')
    const before = top.terminal.bytes
    const goOn = top.terminal.stall()
    for (let n = 0; n < 50; n++) {
      top.world.queues = [queueInfo('high', { dead: 1284 + n, pending: { high: n, default: 0, low: 0 } })]
      top.nowMs += 1000
      const { data } = top.console.store.state
      top.console.poller.poke()
      await until(() => top.console.store.state.data !== data, { everyMs: 2, what: 'a reading' })
      top.terminal.send(n % 2 === 0 ? '2' : '1')
    }
    // A whole screen of these takes no more.
    expect(top.terminal.bytes - before).toBeLessThan(12_000)
    goOn()
    await top.shows('4 DLQ 1333!')
    expect(seen(top)).toEqual(drawn(top))
  })
})
