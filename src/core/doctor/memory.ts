import type { Check } from './check.ts'

const MIB = 1_048_576
const WARN_SHARE = 0.75
const FAIL_SHARE = 0.9

export const memory: Check = {
  what: 'memory',
  ofServer: true,
  look({ info }) {
    const [used, most, host] = ['used_memory', 'maxmemory', 'total_system_memory'].map((field) => Number(info(field)))
    const limit = most! > 0 ? most! : host!
    const text = `${(used! / MIB).toFixed(1)} MiB of ${(limit / MIB).toFixed(1)} MiB${most! > 0 ? '' : ', the memory of its host: maxmemory is not set'}`
    const share = limit > 0 ? used! / limit : 0
    if (share < WARN_SHARE) return [{ level: 'ok', text }]
    const remedy = 'raise maxmemory, or purge what nobody needs: at the limit new tasks are refused'
    return [{ level: share < FAIL_SHARE ? 'warn' : 'fail', text, remedy }]
  },
}
