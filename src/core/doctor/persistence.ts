import type { Check } from './check.ts'

export const persistence: Check = {
  what: 'persistence',
  ofServer: true,
  look({ info }) {
    if (info('aof_enabled') === '1') return [{ level: 'ok', text: 'persistence by append-only file' }]
    const text = 'no append-only file: a crash of Redis loses what came since its last snapshot, or all'
    return [{ level: 'warn', text, remedy: 'set appendonly yes' }]
  },
}
