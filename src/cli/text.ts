import { hidden } from '../core/encryption/sealed.ts'
import { span } from '../core/span.ts'
import { visible, visibleJson } from '../core/visible.ts'

export { span } from '../core/span.ts'
export { visible, visibleJson } from '../core/visible.ts'

/** Text of our own around text from outside, which is made visible. */
export const say = (parts: TemplateStringsArray, ...values: readonly (string | number)[]): string =>
  String.raw({ raw: parts }, ...values.map((value) => visible(String(value))))

/** A value as JSON; what is encrypted is none, and gets no quotes. */
export const shownJson = (value: unknown, sealed: string | undefined, indent?: number): string =>
  sealed === undefined ? visibleJson(value, indent) : visible(hidden(sealed))

/** `1 task`, `3 tasks`, `12,000 tasks`. */
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`

export const count = (n: number): string => n.toLocaleString('en-US')

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
