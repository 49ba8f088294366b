import { ACCESS_ROLES, type AccessRole, rightsOf } from '../../src/core/access.ts'
import { RAW } from '../../test/fixtures/raw-access.ts'

const WIDTH = 120

/** Words in lines that are not too long, each with two spaces before. */
function wrapped(words: readonly string[]): string[] {
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(`  ${word}`)
  }
  return lines
}

function userOf(role: AccessRole): string {
  const { about, commands, writes, reads, channels } = rightsOf(role, 'dq')
  const lines = [...wrapped([...writes, ...reads]), ...wrapped(channels), ...wrapped(commands)]
  return [`# ${about.replaceAll('`', '')}.`, `user dq-${role} reset on #<${role}>`, ...lines].join('\n')
}

/** deploy/redis/users.acl. */
export const usersAcl = (): string =>
  `# Users of Redis for DistributedQ, each with what its programs need and no more. Written by \`npm run docs\` from
# src/core/access.ts; docs/SECURITY.md tells what each can, cannot, and still can by hand.
#
# Redis reads neither these comments nor rules of several lines: deploy/redis/users.sh makes its file of this one, and puts
# the SHA-256 of each password in its place.
#
#   cd /etc/distributedq
#   for role in producer worker operator viewer; do openssl rand -hex 32 > redis-$role; done
#   deploy/redis/users.sh /etc/distributedq > /etc/redis/users.acl     (redis.conf: aclfile /etc/redis/users.acl)
#
# For another namespace than dq replace \`dq:{\` by it, as with sed 's/dq:{/mail:{/g'; for a database other than 0 add +select.
# The one who looks after Redis itself needs a user of their own: none of these may change settings, look at other clients,
# or read the ACL. Give the programs REDIS_USERNAME=dq-worker and REDIS_PASSWORD_FILE=/etc/distributedq/redis-worker.

# Who does not say who they are can do nothing.
user default off

${ACCESS_ROLES.map(userOf).join('\n\n')}
`

const yes = (may: boolean): string => (may ? 'yes' : '–')

/** The generated parts of docs/SECURITY.md. */
export const securityParts = (): Record<string, string> => ({
  roles: [
    '| user | for |',
    '|---|---|',
    ...ACCESS_ROLES.map((role) => `| \`dq-${role}\` | ${rightsOf(role, 'dq').about} |`),
  ].join('\n'),
  raw: [
    `| by hand, with the user's password | ${ACCESS_ROLES.join(' | ')} |`,
    `|---|${ACCESS_ROLES.map(() => '---|').join('')}`,
    ...RAW.map(({ what, may }) => `| ${what} | ${ACCESS_ROLES.map((role) => yes(may.includes(role))).join(' | ')} |`),
  ].join('\n'),
})
