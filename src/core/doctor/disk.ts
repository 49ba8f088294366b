import type { Check } from './check.ts'

const TOLD_IN = ['aof_last_write_status', 'aof_last_bgrewrite_status', 'rdb_last_bgsave_status']

export const disk: Check = {
  what: 'disk',
  ofServer: true,
  look({ info }) {
    const failed = TOLD_IN.filter((field) => info(field) === 'err')
    if (failed.length === 0) return [{ level: 'ok', text: 'Redis could write to its disk' }]
    const text = `Redis cannot write to its disk (${failed.join(', ')})`
    return [{ level: 'fail', text, remedy: 'look into the log of Redis, and at the space on its disk' }]
  },
}
