import { type Data, emptyData } from '../../../src/tui/source/data.ts'
import { Reader, type Wants } from '../../../src/tui/source/reader.ts'
import { safeLine } from '../../../src/tui/text/safe.ts'
import { type State, openingState } from '../../../src/tui/state/state.ts'
import { NOON } from './infos.ts'
import { sourceOf } from './source.ts'
import type { World } from './world.ts'

const EVERYTHING: Wants = {
  leases: 300,
  history: true,
  dead: { states: ['dead'], queue: undefined, filter: '', rows: 500, scan: 0 },
  tasks: undefined,
  groups: undefined,
  operations: true,
  audit: true,
  causes: false,
  schedules: true,
  runs: undefined,
  task: undefined,
}

/** What the console knows of a world after some good readings. */
export async function dataOf(world: World, wants: Partial<Wants> = {}): Promise<Data> {
  const reader = new Reader(
    sourceOf(world, () => NOON),
    { nowMs: () => NOON, steadyMs: () => 0 },
  )
  const empty = emptyData(NOON)
  const update = await reader.read(empty, { ...EVERYTHING, ...wants })
  return { ...empty, ...update, link: { kind: 'up' }, readAtMs: NOON, goodReadings: 2 }
}

/** The console on a screen of that size, looking at a world. */
export async function stateOf(world: World, columns = 80, rows = 24, isReadOnly = false): Promise<State> {
  const about = { address: safeLine('prod-eu:6379'), namespace: safeLine('dq'), isReadOnly }
  return { ...openingState(about, { columns, rows }, 1000, NOON), data: await dataOf(world) }
}
