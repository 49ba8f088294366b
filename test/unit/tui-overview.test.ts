import { expect, it } from 'vitest'
import { frameOf } from '../../src/tui/app/frame.ts'
import { textOf } from '../../src/tui/text/line.ts'
import { stateOf } from '../tui/harness/data.ts'
import { Driver } from '../tui/harness/driver.ts'
import { NOON, queueInfo } from '../tui/harness/infos.ts'
import { type World, calmWorld } from '../tui/harness/world.ts'

const TROUBLES = 12

/** A dozen findings, one for each queue. */
function manyTroubles(): World {
  const paused = { by: 'anna', atMs: NOON - 60_000 }
  const queues = Array.from({ length: TROUBLES }, (_, n) => queueInfo(`q${String(n).padStart(2, '0')}`, { paused }))
  return { ...calmWorld(), queues, leases: [] }
}

const healthOf = (top: Driver): readonly string[] => {
  const rows = frameOf(top.state).lines.map((line) => textOf(line).trimEnd())
  return rows.slice(
    rows.findIndex((row) => row.includes('Health')) + 1,
    rows.findIndex((row) => row.includes('Throughput')),
  )
}
const namesOf = (top: Driver): readonly string[] => healthOf(top).map((row) => row.slice(3, 6))

const watching = async (columns: number, rows: number): Promise<Driver> => {
  const world = manyTroubles()
  return new Driver(await stateOf(world, columns, rows), world)
}

it.each([
  [60, 15],
  [80, 24],
])('every finding can be gone to at %ix%i, however few there is room for', async (columns, rows) => {
  const top = await watching(columns, rows)
  const room = namesOf(top).length
  expect(namesOf(top)).toEqual(Array.from({ length: room }, (_, n) => `q${String(n).padStart(2, '0')}`))
  expect(room).toBeLessThan(TROUBLES)
  for (let n = 1; n < TROUBLES; n++) {
    top.press('j')
    expect(healthOf(top).find((row) => row.startsWith('>'))).toContain(`q${String(n).padStart(2, '0')} is paused`)
    expect(namesOf(top)).toHaveLength(room)
  }
  top.press('Enter')
  expect(top.state.ui.stack).toMatchObject([{ view: 'overview' }, { view: 'queues' }])
})

it('all of them are shown where there is room', async () => {
  expect(namesOf(await watching(120, 50))).toHaveLength(TROUBLES)
})
