import { type Safe, say } from './safe.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/**
 * How long: whole seconds under a minute, `1m19s` up to ten minutes, then `14m`, `2h14m`, `3d4h`.
 * Coarse on purpose: what does not change is not sent to the terminal again.
 */
export function duration(ms: number): Safe {
  const whole = Math.max(0, Math.floor(ms / SECOND)) * SECOND
  if (whole < MINUTE) return say`${whole / SECOND}s`
  const minutes = Math.floor(whole / MINUTE)
  if (whole < 10 * MINUTE) return say`${minutes}m${(whole % MINUTE) / SECOND}s`
  if (whole < HOUR) return say`${minutes}m`
  if (whole < DAY) return withRest(Math.floor(whole / HOUR), say`h`, Math.floor((whole % HOUR) / MINUTE), say`m`)
  return withRest(Math.floor(whole / DAY), say`d`, Math.floor((whole % DAY) / HOUR), say`h`)
}

const withRest = (big: number, bigUnit: Safe, small: number, smallUnit: Safe): Safe =>
  small === 0 ? say`${big}${bigUnit}` : say`${big}${bigUnit}${small}${smallUnit}`

/** A short time as measured: `340ms`, `1.2s`. */
export function latency(ms: number): Safe {
  if (ms < 10) return say`${round(ms, 1)}ms`
  if (ms < SECOND) return say`${Math.round(ms)}ms`
  return say`${round(ms / SECOND, 1)}s`
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits))

const SCALES = [
  { from: 1e9, unit: say`G` },
  { from: 1e6, unit: say`M` },
  { from: 1e3, unit: say`k` },
] as const

/** A count in at most `columns`: plain digits while they fit, then `12.3k`, `1.2M`. */
export function count(n: number, columns = 6): Safe {
  const plain = say`${Math.round(n)}`
  if (plain.length <= columns) return plain
  for (const { from, unit } of SCALES) {
    if (n < from) continue
    const precise = say`${round(n / from, 1)}${unit}`
    return precise.length <= columns ? precise : say`${Math.round(n / from)}${unit}`
  }
  return plain
}

/** Per second, with three digits that matter. */
export function rate(perSecond: number): Safe {
  if (perSecond >= 10_000) return count(perSecond, 5)
  if (perSecond >= 10) return say`${Math.round(perSecond)}`
  return perSecond === 0 ? say`0` : say`${round(perSecond, 1)}`
}

export function bytes(n: number): Safe {
  if (n < 1024) return say`${n}`
  if (n < 1024 * 1024) return say`${round(n / 1024, n < 10 * 1024 ? 1 : 0)}k`
  return say`${round(n / (1024 * 1024), n < 10 * 1024 * 1024 ? 1 : 0)}M`
}

const two = (n: number): Safe => (n < 10 ? say`0${n}` : say`${n}`)

/** `12:04:31`, UTC. */
export function clock(ms: number): Safe {
  const date = new Date(ms)
  return say`${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`
}

/** `12:04:31.007`, UTC; with the day before it when that is not today. */
export function instant(ms: number, nowMs: number): Safe {
  const milliseconds = ms % SECOND
  const pad = milliseconds < 10 ? say`00` : milliseconds < 100 ? say`0` : say``
  const time = say`${clock(ms)}.${pad}${milliseconds}`
  return Math.floor(ms / DAY) === Math.floor(nowMs / DAY) ? time : say`${day(ms)} ${time}`
}

/** `2026-11-21`, UTC. */
export function day(ms: number): Safe {
  const date = new Date(ms)
  return say`${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`
}

/** `12:05:00`, with month and day when that is not today, and with its year when that is another; UTC. */
export function moment(ms: number, nowMs: number): Safe {
  if (Math.floor(ms / DAY) === Math.floor(nowMs / DAY)) return clock(ms)
  const date = day(ms)
  const isThisYear = date.slice(0, 4) === day(nowMs).slice(0, 4)
  return say`${isThisYear ? (date.slice(5) as Safe) : date} ${clock(ms)}`
}

/** `12:03:47`, or `11-20` when it was on another day; UTC. */
export const since = (ms: number, nowMs: number): Safe =>
  Math.floor(ms / DAY) === Math.floor(nowMs / DAY) ? clock(ms) : (day(ms).slice(5) as Safe)

/** `1 task`, `3 tasks`. */
export const plural = (n: number, one: Safe, many: Safe = say`${one}s`): Safe => say`${n} ${n === 1 ? one : many}`
