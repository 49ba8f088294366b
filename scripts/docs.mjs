// Writes the generated parts of the documentation from the tables in the sources: `npm run docs`.
// Between `<!-- <name> -->` and `<!-- end -->` the text is made here; the rest of a page is written by hand.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './lib/project.mjs'

const { optionTables } = await import('../src/config.ts')

/** Pages and the parts that are generated in each. */
const PAGES = { 'docs/CONFIG.md': optionTables() }

for (const [page, parts] of Object.entries(PAGES)) {
  const file = join(ROOT, page)
  let text = readFileSync(file, 'utf8')
  for (const [name, content] of Object.entries(parts)) {
    const place = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(<!-- end -->)`)
    if (!place.test(text)) throw new Error(`${page} has no place <!-- ${name} -->`)
    text = text.replace(place, (_, start, end) => `${start}\n${content}\n\n${end}`)
  }
  writeFileSync(file, text)
}
