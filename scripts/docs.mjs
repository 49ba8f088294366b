// Writes the generated parts of the documentation from the tables in the sources: `node scripts/docs.mjs`.
// Between `<!-- <name> -->` and `<!-- end -->` the text is made here; the rest of a page is written by hand.
// With `--check` nothing is written: pages that are not up to date are named, and the exit code is 1.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './lib/project.mjs'

const { optionTable } = await import('../src/config.ts')
const { securityParts, usersAcl } = await import('./docs/access.ts')
const { apiParts } = await import('./docs/api.ts')
const { redisParts } = await import('./docs/scripts.ts')
const { statesParts } = await import('./docs/states.ts')

/** Pages and the parts that are generated in each. */
const PAGES = {
  'docs/API.md': apiParts(),
  'docs/CONFIG.md': { options: optionTable() },
  'docs/REDIS.md': redisParts(),
  'docs/SECURITY.md': securityParts(),
  'docs/STATES.md': statesParts(),
}

/** Files that are generated as a whole. */
const FILES = { 'deploy/redis/users.acl': usersAcl() }

function withParts(page, text, parts) {
  for (const [name, content] of Object.entries(parts)) {
    const place = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(<!-- end -->)`)
    if (!place.test(text)) throw new Error(`${page} has no place <!-- ${name} -->`)
    text = text.replace(place, (_, start, end) => `${start}\n${content}\n\n${end}`)
  }
  return text
}

const checks = process.argv.includes('--check')

function write(name, text, wanted) {
  if (wanted === text) return
  if (checks) {
    console.error(`${name} is not up to date; run: node scripts/docs.mjs`)
    process.exitCode = 1
  } else writeFileSync(join(ROOT, name), wanted)
}

const textOf = (name) => readFileSync(join(ROOT, name), 'utf8')
for (const [page, parts] of Object.entries(PAGES)) write(page, textOf(page), withParts(page, textOf(page), parts))
for (const [name, wanted] of Object.entries(FILES)) write(name, textOf(name), wanted)
