// The guards of the Lua scripts, and what a script looks like without one of them.
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { filesUnder, ROOT } from './project.mjs'

const LUA = join('src', 'core', 'lua')
const TESTS = join('test', 'integration', 'scripts')

/**
 * A line without its guard, by its form. What the condition does besides, it still does.
 *
 * `if … then`: what it refuses is let through. One whose words begin with `only` lets in, and lets in everything; of
 * `a and b` that is `b`.
 * A range up to the present: without an end. Any other line: gone.
 */
export function withoutGuard(code, words) {
  const condition = /^(\s*(?:else)?if )(.+?)( then\b.*)$/.exec(code)
  if (condition) {
    const [, before, asked, after] = condition
    if (!words.startsWith('only ')) return `${before}(${asked}) and false${after}`
    const [, first = '', guard] = /^(.+? and )?(.+)$/.exec(asked)
    return `${before}${first}((${guard}) or true)${after}`
  }
  const range = /^(.*'-inf', ).+?(, '(?:LIMIT|WITHSCORES)'.*)$/.exec(code)
  if (range) return `${range[1]}'+inf'${range[2]}`
  return ''
}

const usersOf = (library, sources) =>
  sources.filter(({ text }) => new RegExp(`^-- USES:.*\\b${library}\\b`, 'm').test(text)).map(({ name }) => name)

/** `claim` is tested by `claim.test.ts` and every `claim-….test.ts`. */
const isTestOf = (file, script) =>
  file === `${script}.test.ts` || (file.startsWith(`${script}-`) && file.endsWith('.ts'))

/** Every guard: its file and line, its words, the text of the file without it, and the tests of the scripts that have it. */
export function findGuards() {
  const sources = filesUnder(join(ROOT, LUA))
    .filter((file) => file.endsWith('.lua'))
    .map((file) => ({ file, name: basename(file, '.lua'), text: readFileSync(join(ROOT, LUA, file), 'utf8') }))
  const testFiles = readdirSync(join(ROOT, TESTS))
  return sources.flatMap(({ file, name, text }) => {
    const scripts = file.startsWith('lib') ? usersOf(name, sources) : [name]
    const tests = testFiles.filter((test) => scripts.some((script) => isTestOf(test, script)))
    const lines = text.split('\n')
    return lines.flatMap((line, i) => {
      const [, code, words] = /^(.*?)\s*-- guard: (.*)$/.exec(line) ?? []
      if (words === undefined) return []
      const mutant = lines.with(i, withoutGuard(code, words)).join('\n')
      return [{ file: join(LUA, file), line: i + 1, words, mutant, tests: tests.map((test) => join(TESTS, test)) }]
    })
  })
}
