import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { NODE, ROOT } from '../helpers/process.ts'

/** Loads Ink in a process of its own and says what came with it. */
const PROGRAM = `
import module from 'node:module'
const urls = []
module.registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) })
const { lightenInk } = await import('./src/tui/tty/light-ink.ts')
if (process.argv[1] === 'light') lightenInk()
const { renderToString, Text } = await import('ink')
const { createElement } = await import('react')
const text = renderToString(createElement(Text, undefined, 'drawn'))
const hasClient = process.moduleLoadList.some((name) => name.includes('undici/undici'))
console.log(JSON.stringify({ text, hasClient, toolkit: urls.filter((url) => url.includes('/es-toolkit/')).length }))
`

function loaded(how: 'light' | 'as it is'): { text: string; hasClient: boolean; toolkit: number } {
  const options = { cwd: ROOT, encoding: 'utf8' } as const
  const { stdout } = spawnSync(NODE, ['--input-type=module', '-e', PROGRAM, how], options)
  return JSON.parse(stdout) as ReturnType<typeof loaded>
}

describe('lightened Ink', () => {
  it('draws without the hundreds of files and the HTTP client that it would bring along', () => {
    const heavy = loaded('as it is')
    expect(heavy).toMatchObject({ text: 'drawn', hasClient: true })
    expect(heavy.toolkit).toBeGreaterThan(300)
    const light = loaded('light')
    expect(light).toMatchObject({ text: 'drawn', hasClient: false })
    expect(light.toolkit).toBeLessThan(20)
  })
})
