import { lackRemedy, lackText, standingOf } from '../access-check.ts'
import { DqError, messageOf } from '../errors.ts'
import type { Check, Finding, Patient } from './check.ts'

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

/** A queue that is there, for users who are for some only. */
async function queueOf({ queue, inspector }: Patient): Promise<string> {
  if (queue !== undefined) return queue
  try {
    return (await inspector.queueNames())[0] ?? 'default'
  } catch (error) {
    if (error instanceof DqError && error.code === 'credentials') return 'default'
    throw error
  }
}

export const permissions: Check = {
  what: 'permissions',
  async look(patient) {
    const { redis, namespace, role } = patient
    try {
      const standing = await standingOf(redis, { namespace, queue: await queueOf(patient) }, role)
      if (standing.missing.length > 0)
        return [{ level: 'fail', text: lackText(standing), remedy: lackRemedy(standing) }]
      const text = `${standing.user} has all rights of the ${standing.roles.length === 1 ? 'role' : 'roles'} ${standing.roles.join(', ')}`
      return [{ level: 'ok', text }, ...(await openness(patient))]
    } catch (error) {
      if (error instanceof DqError && error.code !== 'credentials') throw error
      return [{ level: 'fail', text: messageOf(error), remedy: lackRemedy({ roles: [role ?? 'viewer'] }) }]
    }
  },
}
