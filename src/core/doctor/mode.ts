import { readAddress } from '../redis-address.ts'
import type { Check, Finding } from './check.ts'

const refuse = (text: string, remedy: string): Finding[] => [{ level: 'fail', text, remedy }]

/** Which kind of server answers: a primary, and one of what the address says. */
export const mode: Check = {
  what: 'mode',
  ofServer: true,
  look({ info, redis }) {
    const { mode: asked } = readAddress(redis.options)
    if (info('redis_mode') === 'sentinel')
      return refuse('this is a Sentinel, which keeps no tasks', 'give its address as --redis-sentinel')
    if (info('cluster_enabled') === '1' && asked !== 'cluster')
      return refuse('this is a node of a Redis Cluster', 'give its address as --redis-cluster')
    if (info('role') === 'slave')
      return refuse('this is a replica, which takes no changes', `give --redis-url its primary, ${info('master_host')}`)
    const replicas = Number(info('connected_slaves'))
    const what = asked === 'cluster' ? 'a primary of a cluster' : 'a primary'
    if (replicas === 0 && (asked === 'cluster' || asked === 'sentinel'))
      return [{ level: 'warn', text: `${what} with no replica: nobody can take over`, remedy: 'add a replica' }]
    return [{ level: 'ok', text: `${what} with ${replicas === 0 ? 'no replica' : `replicas: ${replicas}`}` }]
  },
}
