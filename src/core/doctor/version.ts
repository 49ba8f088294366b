import type { Check } from './check.ts'

const OLDEST = 7

export const version: Check = {
  what: 'version',
  ofServer: true,
  look({ info }) {
    const text = info('redis_version')
    if (Number(text.split('.')[0]) >= OLDEST) return [{ level: 'ok', text: `Redis ${text}` }]
    const old = `Redis ${text || 'of unknown version'} is too old`
    return [{ level: 'fail', text: old, remedy: 'install Redis 7.0 or newer' }]
  },
}
