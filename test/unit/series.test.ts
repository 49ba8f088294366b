import { expect, test } from 'vitest'
import { decodeSeries } from '../../src/core/series.ts'

const NOW = 1_700_000_000_000
const SECOND = NOW / 1_000

/** A ring whose last write was `ago` seconds before now, with counts by seconds before that write. */
function ring(ago: number, counts: Record<number, readonly number[]>): Buffer {
  const buffer = Buffer.alloc(8 + (900 + 360) * 16)
  const last = SECOND - ago
  buffer.writeUInt32BE(last, 0)
  buffer.writeUInt32BE(Math.floor(last / 10), 4)
  for (const [before, metrics] of Object.entries(counts))
    for (const [i, n] of metrics.entries()) buffer.writeUInt32BE(n, 8 + ((last - Number(before)) % 900) * 16 + i * 4)
  return buffer
}

test('the last bucket is the present one, the first lies 15 minutes back', () => {
  const { seconds } = decodeSeries(ring(0, { 0: [1, 2, 3, 4], 899: [5, 6, 7, 8] }), NOW)
  expect(seconds).toMatchObject({ stepMs: 1_000, endMs: NOW + 1_000 })
  expect([seconds.enqueued, seconds.completed, seconds.failed, seconds.dead].map((one) => [one[0], one[899]])).toEqual([
    [5, 1],
    [6, 2],
    [7, 3],
    [8, 4],
  ])
  expect(seconds.enqueued).toHaveLength(900)
  expect(seconds.enqueued.slice(1, 899).every((n) => n === 0)).toBe(true)
})

test('seconds after the last write are empty, though their slots still hold what was 15 minutes before', () => {
  const { seconds } = decodeSeries(ring(100, { 0: [9, 0, 0, 0], 850: [7, 0, 0, 0], 750: [5, 0, 0, 0] }), NOW)
  expect(seconds.enqueued.flatMap((n, i) => (n > 0 ? [[i, n]] : []))).toEqual([
    [49, 5],
    [799, 9],
  ])
})

test('a ring that was written long ago is all empty', () => {
  const { seconds, tens } = decodeSeries(ring(5_000, { 0: [9, 9, 9, 9] }), NOW)
  expect([...seconds.enqueued, ...tens.enqueued].every((n) => n === 0)).toBe(true)
})

test('a ring written by a clock a little ahead ends with its own last second', () => {
  const { seconds } = decodeSeries(ring(-2, { 0: [9, 0, 0, 0] }), NOW)
  expect([seconds.endMs, seconds.enqueued.at(-1)]).toEqual([NOW + 3_000, 9])
})

test('tens are read from behind the seconds', () => {
  const buffer = ring(0, {})
  buffer.writeUInt32BE(4, 8 + 900 * 16 + (Math.floor(SECOND / 10) % 360) * 16 + 4)
  const { tens } = decodeSeries(buffer, NOW)
  expect(tens.stepMs).toBe(10_000)
  expect(tens.completed).toHaveLength(360)
  expect(tens.completed.at(-1)).toBe(4)
})

test.each([0, 4, 8, 100, 14_500])('content that is cut to %i bytes reads as far as it goes', (bytes) => {
  const { seconds, tens } = decodeSeries(ring(0, {}).subarray(0, bytes), NOW)
  expect([seconds.dead.length, tens.dead.length]).toEqual([900, 360])
})
