import { expect, it } from 'vitest'
import { traceIdOf } from '../../src/core/traceparent.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'

it('tells the trace that it names', () => {
  expect(traceIdOf(`00-${TRACE}-${SPAN}-01`)).toBe(TRACE)
  expect(traceIdOf(`00-${TRACE.replace('c8', '00')}-${SPAN}-00`)).toBe(TRACE.replace('c8', '00'))
})

it.each([
  ['none', undefined],
  ['another text', 'trace 1'],
  ['a version that is none', `ff-${TRACE}-${SPAN}-01`],
  ['no trace', `00-${'0'.repeat(32)}-${SPAN}-01`],
  ['no span', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ['more lines', `00-${TRACE}-${SPAN}-01\nforged`],
])('names nothing when it is %s', (_, text) => {
  expect(traceIdOf(text)).toBeUndefined()
})
