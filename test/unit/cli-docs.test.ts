import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands/index.ts'
import { isGroup } from '../../src/cli/command.ts'
import { globalKeys, queueKeys } from '../../src/core/keys.ts'
import { NODE, ROOT } from '../helpers/process.ts'

const page = (name: string): string => readFileSync(join(ROOT, name), 'utf8')
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

/** As GitHub makes them of headings. */
const anchorsOf = (name: string): string[] =>
  Array.from(page(name).matchAll(/^#+ (.*)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

describe('the documentation', () => {
  it('has generated parts as the sources make them', { timeout: 180_000 }, () => {
    const { status, stderr } = spawnSync(NODE, ['scripts/docs.mjs', '--check'], { cwd: ROOT, encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, ''])
  })

  it('names every key in REDIS.md', () => {
    const text = page('docs/REDIS.md')
    const suffixOf = (key: string): string => key.replace(/^n:\{.\}:/, '')
    const keys = [...Object.values(queueKeys('n', 'q', '<client>')), ...Object.values(globalKeys('n'))]
    const shown = (key: string): string =>
      key.replace(/^(idem|uniq):$/, '$1:<sha>').replace(/^children:$/, 'children:<id>')
    for (const key of keys.map(suffixOf)) expect(text).toContain(`\`${shown(key)}\``)
  })

  it.each(PAGES)('%s links to pages that are there', (name) => {
    for (const [, target = ''] of page(name).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g))
      expect(existsSync(join(ROOT, dirname(name), target)), `${name} → ${target}`).toBe(true)
  })

  it.each(PAGES)('%s links to headings that are there', (name) => {
    for (const [, target = '', anchor = ''] of page(name).matchAll(/\]\(([^)#:]*)#([^)]*)\)/g))
      expect(anchorsOf(target === '' ? name : join(dirname(name), target)), `${name} → ${target}`).toContain(anchor)
  })

  it('shows only commands that there are, in the README', () => {
    const names = COMMANDS.flatMap((entry) =>
      isGroup(entry) ? entry.commands.map(({ name }) => `${entry.name} ${name}`) : [entry.name],
    )
    const shell = [...page('README.md').matchAll(/```sh\n([^]*?)```/g)].map(([, text]) => text).join('\n')
    const used = [...shell.matchAll(/(?:^|&& )dq ([a-z]+(?: [a-z]+)?)/gm)].map(([, words]) => words!)
    expect(used.length).toBeGreaterThan(5)
    const isCommand = (words: string): boolean => names.some((name) => words === name || words.startsWith(`${name} `))
    expect(used.filter((words) => !isCommand(words))).toEqual([])
  })
})
