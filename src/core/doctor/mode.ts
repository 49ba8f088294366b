import type { Check, Finding } from './check.ts'

/** Which kind of server answers: only a primary that stands alone, or with replicas, can be worked with. */
export const mode: Check = {
  what: 'mode',
  look({ info }) {
    const refuse = (text: string, remedy: string): Finding[] => [{ level: 'fail', text, remedy }]
    if (info('redis_mode') === 'sentinel')
      return refuse('this is a Sentinel, which keeps no tasks', 'give --redis-url the address of the primary')
    if (info('cluster_enabled') === '1')
      return refuse('this is a node of a Redis Cluster', 'use a Redis without cluster-enabled')
    if (info('role') === 'slave')
      return refuse('this is a replica, which takes no changes', `give --redis-url its primary, ${info('master_host')}`)
    const replicas = Number(info('connected_slaves'))
    return [{ level: 'ok', text: `a primary with ${replicas === 0 ? 'no replica' : `replicas: ${replicas}`}` }]
  },
}
