import { readFileSync } from 'node:fs'
import { API_KEY_ID, API_ROLES, type ApiRole } from '../core/api-keys.ts'
import { messageOf } from '../core/errors.ts'
import { NAME } from '../core/keys.ts'

/** A key that a file declares. */
export interface FileKey {
  readonly id: string
  readonly sha: string
  readonly role: ApiRole
  readonly queues: readonly string[] | undefined
}

function lineProblem(words: readonly string[], seen: ReadonlySet<string>): string | undefined {
  const [id = '', role = '', sha = '', queues] = words
  if (words.length < 3 || words.length > 4) return 'has to be: id role sha256 [queue,queue]'
  if (!API_KEY_ID.test(id)) return 'the id has to be 1 to 32 small letters, digits and -'
  if (seen.has(id)) return `the id ${id} is there twice`
  if (!API_ROLES.some((one) => one === role)) return `the role has to be one of ${API_ROLES.join(', ')}`
  if (!/^[0-9a-f]{64}$/i.test(sha)) return 'the SHA-256 has to be 64 hexadecimal digits'
  if (queues !== undefined && !queues.split(',').every((name) => NAME.test(name)))
    return 'the queues have to be names, with commas and no spaces'
  return undefined
}

/** Lines `id role sha256 [queue,queue]`; empty ones and those with `#` in front say nothing. Never shows what is in one. */
export function parseKeysFile(text: string): { readonly keys: FileKey[]; readonly problems: string[] } {
  const keys: FileKey[] = []
  const problems: string[] = []
  const seen = new Set<string>()
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const words = line.trim().split(/\s+/)
    if (words[0] === '' || words[0]!.startsWith('#')) continue
    const problem = lineProblem(words, seen)
    if (problem !== undefined) {
      problems.push(`line ${i + 1}: ${problem}`)
      continue
    }
    const [id, role, sha, queues] = words as [string, ApiRole, string, string?]
    seen.add(id)
    keys.push({ id, role, sha: sha.toLowerCase(), queues: queues?.split(',') })
  }
  return { keys, problems }
}

/** The same of a file; one that cannot be read is a problem. */
export function readKeysFile(file: string): ReturnType<typeof parseKeysFile> {
  try {
    const { keys, problems } = parseKeysFile(readFileSync(file, 'utf8'))
    return { keys, problems: problems.map((problem) => `${file}, ${problem}`) }
  } catch (error) {
    return { keys: [], problems: [`${file} cannot be read: ${messageOf(error)}`] }
  }
}
