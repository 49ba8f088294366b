import { createHash } from 'node:crypto'

const shas = new Map<string, string>()

/** The hash by which Redis knows a script, computed once per script. */
export function shaOf(name: string, lua: string): string {
  const known = shas.get(name)
  if (known !== undefined) return known
  const sha = createHash('sha1').update(lua).digest('hex')
  shas.set(name, sha)
  return sha
}
