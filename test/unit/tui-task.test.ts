import { expect, it } from 'vitest'
import { frameOf } from '../../src/tui/app/frame.ts'
import { toTaskDoc } from '../../src/tui/source/task-doc.ts'
import { textOf } from '../../src/tui/text/line.ts'
import { dataOf, stateOf } from '../tui/harness/data.ts'
import { deadTask } from '../tui/harness/infos.ts'
import { troubledWorld } from '../tui/harness/world.ts'

it.each([
  ['its trace', '0af7651916cd43dd8448eb211c80319c', /^ trace {6}0af7651916cd43dd8448eb211c80319c/],
  ['what somebody else wrote there without what a terminal obeys', 'x\x1b[2J\u202ey', /^ trace {6}[\x20-\x7e]+/],
])('a task shows %s', async (_, traceId, shown) => {
  const task = deadTask(0, { traceId })
  const world = { ...troubledWorld(), dead: [task] }
  const ref = { queue: task.queue, id: task.id }
  const state = await stateOf(world)
  const data = await dataOf(world, { causes: true })
  const doc = toTaskDoc(task, { parents: [], children: [] })
  const { lines } = frameOf({
    ...state,
    data: { ...data, task: { ref, kind: 'found', doc } },
    ui: { ...state.ui, stack: [{ kind: 'task', ref, scroll: 0 }] },
  })
  const line = lines.map(textOf).find((text) => text.startsWith(' trace '))
  expect(line).toMatch(shown)
  expect(line).not.toMatch(/[\p{C}\p{Default_Ignorable_Code_Point}]/u)
})
