import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { NODE, ROOT } from '../helpers/process.ts'

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dq-code-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

/** Starts `dq --version` with nothing in its environment but this. */
function start(env: Readonly<Record<string, string>>): { status: number | null; stdout: string; stderr: string } {
  const options = { env, encoding: 'utf8', timeout: 20_000 } as const
  const { status, stdout, stderr } = spawnSync(NODE, [join(ROOT, 'bin', 'dq.js'), '--version'], options)
  return { status, stdout, stderr }
}

const FINE = { status: 0, stdout: `${version}\n`, stderr: '' }

const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

describe('the compiled code of the programs', () => {
  it('is kept in the cache folder of the user, and nowhere else', () => {
    const home = aFolder()
    expect(start({ HOME: home })).toEqual(FINE)
    expect(readdirSync(home)).toEqual(['.cache'])
    expect(readdirSync(join(home, '.cache'))).toEqual(['distributedq'])
    const kept = files(home)
    expect(kept.length).toBeGreaterThan(50)
    expect(start({ HOME: home })).toEqual(FINE)
    expect(files(home)).toEqual(kept)
  })

  it('is kept where XDG_CACHE_HOME says', () => {
    const cache = aFolder()
    expect(start({ XDG_CACHE_HOME: cache, HOME: '/nonexistent' })).toEqual(FINE)
    expect(files(join(cache, 'distributedq', 'code')).length).toBeGreaterThan(50)
  })

  it.each(['/nonexistent', '/proc', '/dev/null', '/dev/null/x'])(
    'is not missed, and nothing is said, where it cannot be kept: %s',
    (folder) => {
      expect(start({ XDG_CACHE_HOME: folder })).toEqual(FINE)
      expect(start({ HOME: folder })).toEqual(FINE)
    },
  )

  it('does not pile up', () => {
    const cache = aFolder()
    const old = join(cache, 'distributedq', 'code', 'v1.2.3')
    mkdirSync(old, { recursive: true })
    for (let n = 0; n < 5_001; n++) writeFileSync(join(old, String(n)), '')
    expect(start({ XDG_CACHE_HOME: cache })).toEqual(FINE)
    expect(files(cache).length).toBeLessThan(2_000)
  })
})
