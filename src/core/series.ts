import type { Series } from './task.ts'

/** The ring of `lua/lib/tally.lua`: two u32 heads, then slots of four u32. */
const HEAD_BYTES = 8
const SLOT_BYTES = 16
const SECONDS = { stepMs: 1_000, slots: 900, offset: HEAD_BYTES, head: 0 } as const
const TENS = { stepMs: 10_000, slots: 360, offset: HEAD_BYTES + 900 * SLOT_BYTES, head: 4 } as const

function unroll(ring: Buffer, shape: typeof SECONDS | typeof TENS, nowMs: number): Series {
  const last = ring.length < HEAD_BYTES ? 0 : ring.readUInt32BE(shape.head)
  const current = Math.max(last, Math.floor(nowMs / shape.stepMs))
  const columns: [number[], number[], number[], number[]] = [[], [], [], []]
  for (let at = current - shape.slots + 1; at <= current; at++) {
    // Slots after the last write were not zeroed yet: nothing happened in them.
    const from = shape.offset + (at % shape.slots) * SLOT_BYTES
    const written = at <= last && at > last - shape.slots && from + SLOT_BYTES <= ring.length
    columns.forEach((column, metric) => column.push(written ? ring.readUInt32BE(from + metric * 4) : 0))
  }
  const [enqueued, completed, failed, dead] = columns
  return { stepMs: shape.stepMs, endMs: (current + 1) * shape.stepMs, enqueued, completed, failed, dead }
}

/** @param ring the STRING `series`, empty when nothing was ever written. */
export const decodeSeries = (ring: Buffer, nowMs: number): { seconds: Series; tens: Series } => ({
  seconds: unroll(ring, SECONDS, nowMs),
  tens: unroll(ring, TENS, nowMs),
})
