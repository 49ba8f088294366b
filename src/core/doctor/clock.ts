import type { Check } from './check.ts'

const SKEW_MOST_MS = 1_000

export const clock: Check = {
  what: 'clock',
  async look({ inspector }) {
    const { clockSkewMs, latencyMs } = await inspector.redisInfo()
    const text = `clock of Redis ${Math.abs(clockSkewMs)} ms ${clockSkewMs < 0 ? 'behind' : 'ahead of'} this machine's; answers in ${latencyMs.toFixed(1)} ms`
    if (Math.abs(clockSkewMs) <= SKEW_MOST_MS) return [{ level: 'ok', text }]
    return [{ level: 'warn', text, remedy: 'set both by NTP: tasks go by the clock of Redis' }]
  },
}
