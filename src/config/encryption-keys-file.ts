import { readFileSync, statSync } from 'node:fs'
import { resolve as resolvePath } from 'node:path'
import { type EncryptionOptions, keyBytes } from '../core/encryption/keyring.ts'
import { KEY_ID } from '../core/encryption/sealed.ts'
import { messageOf } from '../core/errors.ts'
import type { Resolved } from './resolve.ts'

function lineProblem(words: readonly string[], keys: Readonly<Record<string, string>>): string | undefined {
  const [id = '', key = ''] = words
  if (words.length !== 2) return 'has to be: id base64'
  if (!KEY_ID.test(id)) return 'the id has to be 1 to 32 letters, digits, . _ or -, beginning with a letter or digit'
  if (Object.hasOwn(keys, id)) return `the id ${id} is there twice`
  return keyBytes(key) === undefined ? 'the key has to be base64 of 32 bytes: openssl rand -base64 32' : undefined
}

/**
 * Lines `id base64`, of which the first encrypts; empty ones and those with `#` in front say nothing. Problems never show
 * what is in one.
 */
export function parseEncryptionKeys(text: string): {
  readonly options: EncryptionOptions | undefined
  readonly problems: string[]
} {
  const keys: Record<string, string> = {}
  const problems: string[] = []
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const words = line.trim().split(/\s+/)
    if (words[0] === '' || words[0]!.startsWith('#')) continue
    const problem = lineProblem(words, keys)
    if (problem === undefined) keys[words[0]!] = words[1]!
    else problems.push(`line ${i + 1}: ${problem}`)
  }
  const current = firstId(text, keys)
  if (current === undefined && problems.length === 0) problems.push('it has no key; write one line: id base64')
  return { options: current === undefined ? undefined : { current, keys }, problems }
}

/** In the order of the lines: an object puts ids that are numbers first. */
const firstId = (text: string, keys: Readonly<Record<string, string>>): string | undefined =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim().split(/\s+/)[0]!)
    .find((id) => Object.hasOwn(keys, id))

const OTHERS_READ = 0o004

/** The keys of the file that the options name, which is looked for as other files are. */
export function encryptionOf(
  { values, origins }: Resolved,
  base: string,
  problems: string[],
): { readonly options: EncryptionOptions | undefined; readonly warnings: string[] } {
  const { encryptionKeysFile: named } = values
  if (named === undefined) return { options: undefined, warnings: [] }
  const file = resolvePath(base, named)
  try {
    const found = parseEncryptionKeys(readFileSync(file, 'utf8'))
    problems.push(...found.problems.map((problem) => `${origins.encryptionKeysFile}: ${file}, ${problem}`))
    const isOpen = (statSync(file).mode & OTHERS_READ) !== 0
    const warning = `${origins.encryptionKeysFile}: every user of this machine can read ${file}; chmod 0400 it`
    return { options: found.options, warnings: isOpen ? [warning] : [] }
  } catch (error) {
    problems.push(`${origins.encryptionKeysFile}: ${file} cannot be read: ${messageOf(error)}`)
    return { options: undefined, warnings: [] }
  }
}
