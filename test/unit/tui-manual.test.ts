import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { OWN_OPTIONS } from '../../src/tui/options.ts'
import { VIEWS } from '../../src/tui/views/views.ts'
import { ROOT } from '../helpers/process.ts'
import { keyTable } from '../tui/harness/key-table.ts'

const manual = readFileSync(join(ROOT, 'docs', 'CONSOLE.md'), 'utf8')

it('the manual has the key table of the registry', () => {
  expect(manual).toContain(keyTable())
})

it('the manual names every option', () => {
  for (const name of Object.keys(OWN_OPTIONS)) expect(manual).toContain(`\`--${name}`)
})

it('the manual shows every view in both sizes, as wide as they are', () => {
  const titles = [...VIEWS.map(({ title }) => title), 'Task', 'Help']
  for (const title of titles) for (const size of ['80x24', '120x32']) expect(manual).toContain(`### ${title}, ${size}`)
  const screens = [...manual.matchAll(/### .*, (\d+)x(\d+)\n\n```text\n([^`]*)```/g)]
  expect(screens.length).toBeGreaterThanOrEqual(titles.length * 2)
  for (const [, columns, rows, text] of screens) {
    const lines = text!.replace(/\n$/, '').split('\n')
    expect(lines).toHaveLength(Number(rows))
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(Number(columns))
  }
})
