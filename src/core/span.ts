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
