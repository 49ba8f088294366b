import * as fc from 'fast-check'
import stringWidth from 'string-width'
import { describe, expect, it } from 'vitest'
import { frameOf } from '../../src/tui/app/frame.ts'
import { reduce } from '../../src/tui/app/reduce.ts'
import { once } from '../../src/tui/once.ts'
import { toTaskDoc } from '../../src/tui/source/task-doc.ts'
import { type Screen, type State } from '../../src/tui/state/state.ts'
import { TAB_IDS } from '../../src/tui/state/tabs.ts'
import { VIEW_IDS } from '../../src/tui/state/view-names.ts'
import { textOf } from '../../src/tui/text/line.ts'
import { dataOf, stateOf } from '../tui/harness/data.ts'
import { NOON, auditEntry, deadTask, leaseInfo, queueInfo, scheduleInfo, workerInfo } from '../tui/harness/infos.ts'
import { sourceOf } from '../tui/harness/source.ts'
import { type World, troubledWorld } from '../tui/harness/world.ts'

const RAW = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u
const NASTY = [
  '\x1b[8m',
  '\x1b]52;c;ZXZpbA==\x07',
  '\u202e',
  '\u200b',
  '\0',
  '\r\n',
  '\x9b2J',
  '日本',
  '👩\u200d💻',
  'z\u0301\u0302\u0303\u0304',
  '\ud800',
  '\\e',
  'a'.repeat(300),
]
const hostile = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.array(fc.constantFrom(...NASTY), { maxLength: 4 }).map((parts) => parts.join('')),
)

const worlds = fc.array(hostile, { minLength: 14, maxLength: 14 }).map((texts): World => {
  let next = 0
  const text = (): string => texts[next++ % texts.length]!
  const failure = { attempt: 1, atMs: NOON, worker: text(), reason: text(), message: text(), stack: text() }
  const queue = `q${text()}`
  const task = deadTask(0, {
    queue,
    id: text(),
    type: text(),
    payload: { [text()]: [text(), { deep: text() }] },
    error: failure,
    attempts: [failure],
    result: text(),
    idempotencyKey: text(),
    worker: text(),
  })
  return {
    ...troubledWorld(),
    queues: [
      queueInfo(queue, {
        paused: { by: text(), atMs: NOON },
        dead: 1,
        active: 1,
        ledger: { ok: false, drift: [text()] },
      }),
    ],
    leases: [leaseInfo(1, { queue, id: text(), type: text(), worker: text() })],
    dead: [task],
    workers: [
      workerInfo(text(), { host: text(), version: text(), queues: [text()], roles: [text()], types: [text()] }),
    ],
    schedules: [scheduleInfo(text(), { spec: text(), timeZone: text(), type: text(), queue: text() })],
    others: [{ ...task, state: 'pending' }],
    audit: [auditEntry(0, { queue, action: text(), by: text(), detail: text() })],
  }
})

const keys = fc.array(
  fc.constantFrom(
    '1',
    '2',
    '3',
    '4',
    '5',
    '6',
    '7',
    '8',
    ':',
    'C-p',
    '!',
    'v',
    'c',
    'y',
    'e',
    '[',
    ']',
    '`',
    's',
    'h',
    'l',
    'd',
    'C',
    'b',
    'j',
    'k',
    'G',
    'g',
    'C-d',
    'Enter',
    'Esc',
    '/',
    'x',
    ' ',
    '*',
    'o',
    'O',
    'R',
    'D',
    'P',
    'W',
    'U',
    'y',
    'n',
    '?',
    'Tab',
    'F',
    'J',
    '-',
  ),
  { maxLength: 25 },
)
const sizes = fc.record({ columns: fc.integer({ min: 20, max: 200 }), rows: fc.integer({ min: 3, max: 60 }) })

function played(state: State, pressed: readonly string[]): State {
  return pressed.reduce(
    (now, key, at) => reduce(now, { kind: 'key', key, chunk: at, atMs: NOON + at * 300 }).state,
    state,
  )
}

async function hostileState(world: World): Promise<State> {
  const state = await stateOf(world)
  const [task] = world.dead
  const ref = { queue: task!.queue, id: task!.id }
  const tasks = { states: ['pending'], queue: ref.queue, filter: '', rows: 10, scan: 0 } as const
  const data = await dataOf(world, { tasks, causes: true })
  const found = { kind: 'found', doc: toTaskDoc(task!, { parents: [task!], children: [] }) } as const
  return { ...state, data: { ...data, task: { ref, ...found } } }
}

describe('a frame', () => {
  it('fills its screen exactly, with nothing raw in it, whatever the data, the size and the keys', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, keys, sizes, async (world, pressed, size) => {
        const state = reduce(played(await hostileState(world), pressed), { kind: 'resize', size }).state
        const { lines } = frameOf(state)
        expect(lines).toHaveLength(size.rows)
        for (const text of lines.map(textOf)) {
          expect(text).not.toMatch(RAW)
          expect(stringWidth(text)).toBeLessThanOrEqual(size.columns)
        }
      }),
      { numRuns: 150 },
    )
  })

  it('of every screen has nothing raw in it either', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        const state = await hostileState(world)
        const { queue, id } = world.dead[0]!
        const screens: Screen[] = [
          ...VIEW_IDS.map((view) => ({ kind: 'view' as const, view })),
          ...TAB_IDS.map((tab) => ({ kind: 'queue' as const, queue, tab })),
          { kind: 'task', ref: { queue, id }, scroll: 0 },
        ]
        for (const screen of screens) {
          const drawn = frameOf({ ...state, ui: { ...state.ui, stack: [screen] } })
          for (const text of drawn.lines.map(textOf)) expect(text).not.toMatch(RAW)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('without a change is the same object, and otherwise keeps the lines that are the same', async () => {
    const state = await stateOf(troubledWorld())
    const frame = frameOf(state)
    expect(frameOf({ ...state, data: { ...state.data } }, frame)).toBe(frame)
    const later = frameOf({ ...state, nowMs: state.nowMs + 1000 }, frame)
    expect(later.lines.filter((line, at) => line !== frame.lines[at]).length).toBeLessThan(20)
    expect(later.lines[1]).toBe(frame.lines[1])
  })

  it('says that a slow Redis is asked less often', async () => {
    const state = await stateOf(troubledWorld())
    const header = (latencyMs: number): string =>
      textOf(frameOf({ ...state, data: { ...state.data, latencyMs } }).lines[0]!)
    expect(header(3)).toContain('3ms  1s  12:04:31')
    expect(header(800)).toContain('800ms  slow, 2s  12:04:31')
  })

  it('says what is too small, and no more', async () => {
    const state = reduce(await stateOf(troubledWorld()), { kind: 'resize', size: { columns: 50, rows: 10 } }).state
    expect(frameOf(state).lines.map(textOf).slice(0, 3)).toEqual([
      'dq-top: this terminal is 50x10',
      'at least 60x15 is needed',
      'q quits',
    ])
  })
})

describe('the overview as text', () => {
  const options = {
    intervalMs: 1000,
    context: undefined,
    isReadOnly: false,
    isOnce: true,
    isJson: false,
    isAscii: false,
    hasColours: false,
    isIncremental: true,
  }
  const print = async (world: World, given: Partial<typeof options> = {}) => {
    const printed = { out: '', err: '' }
    const to = (name: 'out' | 'err') => ({ write: (text: string) => ((printed[name] += text), true) })
    const code = await once(
      sourceOf(world, () => Date.now()),
      { ...options, ...given },
      to('out'),
      to('err'),
    )
    return { code, ...printed }
  }

  it('carries nothing raw either, and ends with 1 when there is something to look at', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        const { code, out } = await print(world)
        expect(out.replaceAll('\n', '')).not.toMatch(RAW)
        expect(code).toBe(1)
      }),
      { numRuns: 30 },
    )
  })

  it('is ASCII when asked, and JSON when asked', async () => {
    expect((await print(troubledWorld(), { isAscii: true })).out).toMatch(/^[\x20-\x7e\n]*$/)
    const { out } = await print(troubledWorld(), { isJson: true })
    expect(JSON.parse(out)).toMatchObject({ ok: false, stats: { queues: [{ name: 'high' }, {}, {}] } })
  })
})
