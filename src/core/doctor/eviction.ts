import type { Check } from './check.ts'

export const eviction: Check = {
  what: 'eviction',
  ofServer: true,
  look({ info }) {
    const policy = info('maxmemory_policy')
    if (policy === '' || policy === 'noeviction')
      return [{ level: 'ok', text: `eviction policy ${policy || 'unknown'}` }]
    return [
      {
        level: 'fail',
        text: `Redis evicts keys when its memory is full (maxmemory-policy ${policy}), and tasks with them`,
        remedy: 'run: redis-cli CONFIG SET maxmemory-policy noeviction, or start with --allow-eviction',
      },
    ]
  },
}
