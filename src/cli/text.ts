import { visible } from '../core/visible.ts'

export { visible, visibleJson } from '../core/visible.ts'

/** Text of our own around text from outside, which is made visible. */
export const say = (parts: TemplateStringsArray, ...values: readonly (string | number)[]): string =>
  String.raw({ raw: parts }, ...values.map((value) => visible(String(value))))

/** `1 task`, `3 tasks`, `12,000 tasks`. */
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`

export const count = (n: number): string => n.toLocaleString('en-US')

const STEPS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const

/** How long, in its two largest units: `340ms`, `12s`, `3m20s`, `2h5m`, `3d4h`. */
export function span(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))}ms`
  const whole = Math.floor(ms / 1_000) * 1_000
  const at = STEPS.findIndex(([, size]) => whole >= size)
  if (at < 0) return `${whole / 1_000}s`
  const [unit, size] = STEPS[at]!
  const [restUnit, restSize] = STEPS[at + 1] ?? ['s', 1_000]
  const rest = Math.floor((whole % size) / restSize)
  return `${Math.floor(whole / size)}${unit}${rest === 0 ? '' : `${rest}${restUnit}`}`
}

/** How long ago, or how far ahead; nothing for an unknown time. */
export function relative(ms: number | undefined, nowMs: number): string {
  if (ms === undefined) return ''
  return ms > nowMs ? `in ${span(ms - nowMs)}` : `${span(nowMs - ms)} ago`
}

/** RFC 3339, with what it means from here. */
export function instant(ms: number | undefined, nowMs: number): string {
  if (ms === undefined || !Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return ''
  return `${new Date(ms).toISOString()} (${relative(ms, nowMs)})`
}
