import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { OWN_OPTIONS } from '../../src/tui/options.ts'
import { VIEWS } from '../../src/tui/views/views.ts'
import { ROOT } from '../helpers/process.ts'
import { commandTable, keyTable } from '../tui/harness/key-table.ts'
import { MANUAL_SCREENS, WALKS, manualScreen } from '../tui/harness/manual-screens.ts'

const manual = readFileSync(join(ROOT, 'docs', 'CONSOLE.md'), 'utf8')

it('the manual has the key table of the registry', () => {
  expect(manual).toContain(keyTable())
})

it('the manual has the table of commands', () => {
  expect(manual).toContain(commandTable())
})

it('the manual names every option', () => {
  for (const name of Object.keys(OWN_OPTIONS)) expect(manual).toContain(`\`--${name}`)
})

it('the manual shows every view in both sizes, as wide as they are', () => {
  const titles = [...VIEWS.map(({ title }) => title), 'Queue', 'Task', 'Help']
  for (const title of titles) for (const size of ['80x24', '120x32']) expect(manual).toContain(`### ${title}, ${size}`)
  const screens = [...manual.matchAll(/### .*, (\d+)x(\d+)\n\n```text\n([^`]*)```/g)]
  expect(screens.length).toBeGreaterThanOrEqual(titles.length * 2)
  for (const [, columns, rows, text] of screens) {
    const lines = text!.replace(/\n$/, '').split('\n')
    expect(lines).toHaveLength(Number(rows))
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(Number(columns))
  }
})

it.each(Object.entries(MANUAL_SCREENS))('the manual shows %s as it is drawn', (title, name) => {
  for (const size of ['80x24', '120x32']) {
    const golden = readFileSync(join(ROOT, 'test', 'tui', 'goldens', `${name}-${size}.txt`), 'utf8')
    expect(manual).toContain(manualScreen(title, size, golden))
  }
})

it.each(Object.keys(WALKS))('the manual shows a situation as it is drawn: %s', (name) => {
  const golden = readFileSync(join(ROOT, 'test', 'tui', 'goldens', `walk-${name}.txt`), 'utf8')
  expect(manual).toContain(`\`\`\`text\n${golden}\`\`\`\n`)
})
