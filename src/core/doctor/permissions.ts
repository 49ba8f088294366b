import { DqError, messageOf } from '../errors.ts'
import { globalKeys, queueKeys } from '../keys.ts'
import type { Command } from '../redis.ts'
import type { Check, Finding, Patient } from './check.ts'

/** Commands of each kind that are used, none of which changes anything. */
function harmless(namespace: string): Command[] {
  const { workers, workerInfo, quiet } = globalKeys(namespace)
  const nobody = 'dq-daemon-check'
  return [
    ['ZREM', workers, nobody],
    ['HDEL', workerInfo, nobody],
    ['SREM', quiet, nobody],
    ['PUBLISH', queueKeys(namespace, 'default', nobody).op, ''],
  ]
}

const LOCAL = /^(?:unix:|\/|localhost|127\.|\[::1\])/

/** Undefined when the server does not let this user look. */
async function isOpenToAll({ redis }: Patient): Promise<boolean | undefined> {
  try {
    const [, flags] = (await redis.call('ACL', 'GETUSER', 'default')) as [string, string[]]
    return flags.includes('on') && flags.includes('nopass')
  } catch (error) {
    if (error instanceof DqError && error.code === 'credentials') return undefined
    throw error
  }
}

async function openness(patient: Patient): Promise<Finding[]> {
  if (LOCAL.test(patient.redis.address) || (await isOpenToAll(patient)) !== true) return []
  return [
    {
      level: 'warn',
      text: 'whoever reaches this Redis may do anything: its user default has no password',
      remedy: 'set requirepass, or users of an ACL file, and give the programs REDIS_PASSWORD_FILE',
    },
  ]
}

export const permissions: Check = {
  what: 'permissions',
  async look(patient) {
    const { redis, inspector, namespace } = patient
    try {
      await redis.batch(harmless(namespace))
      await inspector.snapshot(['default'])
    } catch (error) {
      if (error instanceof DqError && error.code !== 'credentials') throw error
      const text = `the user may not do all it has to: ${messageOf(error)}`
      return [{ level: 'fail', text, remedy: `grant it ~${namespace}:* &${namespace}:* and these commands` }]
    }
    return [{ level: 'ok', text: `may read and write ${namespace}:{*}, and run scripts` }, ...(await openness(patient))]
  },
}
