import { describe, expect, it } from 'vitest'
import { parseKeysFile } from '../../src/config/api-keys-file.ts'
import { API_ROLES, apiKeyDigest, apiKeyId, decodeApiKey, includesRole } from '../../src/core/api-keys.ts'

const SHA = 'ab'.repeat(32)

describe('roles', () => {
  it('contain each other as documented', () => {
    const table = API_ROLES.map((role) => API_ROLES.filter((needed) => includesRole(role, needed)))
    expect(table).toEqual([
      ['viewer'],
      ['viewer', 'producer'],
      ['viewer', 'operator'],
      ['viewer', 'producer', 'operator', 'admin'],
    ])
  })
})

describe('a key', () => {
  it('names its id, and nothing else does', () => {
    expect(apiKeyId('dq_ci-1_0123456789abcdef')).toBe('ci-1')
    expect(apiKeyId('dq_ci_with_more-than_enough_secret')).toBe('ci')
    for (const text of ['', 'dq_', 'dq_ci', 'dq_ci_short', 'dq__0123456789abcdef', 'xq_ci_0123456789abcdef'])
      expect(apiKeyId(text)).toBeUndefined()
    expect(apiKeyDigest('k3y').toString('hex')).toMatch(/^[0-9a-f]{64}$/)
  })

  it('is read as it was kept', () => {
    const kept = { sha: SHA, role: 'viewer', queues: ['a'], name: 'n', created_at: 'c', revoked: 'r' }
    const { sha, role, queues, name } = kept
    const read = { id: 'k', sha, role, queues, name, createdAt: 'c', revokedAt: 'r' }
    expect(decodeApiKey('k', JSON.stringify(kept))).toEqual(read)
    const wide = { sha, role, name: 'n', created_at: 'c' }
    expect(decodeApiKey('k', JSON.stringify(wide))).toMatchObject({ queues: undefined, revokedAt: undefined })
  })

  it.each([
    'no JSON',
    'null',
    '1',
    JSON.stringify({ sha: SHA, role: 'root' }),
    JSON.stringify({ sha: SHA.slice(1), role: 'admin' }),
    JSON.stringify({ role: 'admin' }),
    JSON.stringify({ sha: SHA, role: 'admin', queues: 'mail' }),
    JSON.stringify({ sha: SHA, role: 'admin', queues: null }),
    JSON.stringify({ sha: SHA, role: 'admin', queues: [1] }),
  ])('that somebody else wrote opens nothing: %s', (text) => {
    expect(decodeApiKey('k', text)).toBeUndefined()
  })
})

describe('a file of keys', () => {
  it('has a key a line', () => {
    const text = `# ours\n\nci producer ${SHA.toUpperCase()} mail,reports\r\n  ops operator ${SHA}\n`
    expect(parseKeysFile(text)).toEqual({
      keys: [
        { id: 'ci', role: 'producer', sha: SHA, queues: ['mail', 'reports'] },
        { id: 'ops', role: 'operator', sha: SHA, queues: undefined },
      ],
      problems: [],
    })
  })

  it.each([
    ['ci producer', /^line 1: has to be: id role/],
    [`ci producer ${SHA} a b`, /^line 1: has to be: id role/],
    [`C! producer ${SHA}`, /^line 1: the id/],
    [`ci root ${SHA}`, /^line 1: the role has to be one of viewer/],
    ['ci admin 0123', /^line 1: the SHA-256/],
    [`ci admin ${SHA} a,,b`, /^line 1: the queues/],
    [`ci admin ${SHA}\nci viewer ${SHA}`, /^line 2: the id ci is there twice/],
  ])('says which line is wrong, and never what is in it: %s', (text, problem) => {
    const { problems } = parseKeysFile(text)
    expect(problems).toEqual([expect.stringMatching(problem)])
    expect(problems[0]).not.toContain(SHA)
  })
})
