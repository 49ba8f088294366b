import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { NODE, ROOT } from '../helpers/process.ts'

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  bin: Record<string, string>
  engines: { node: string }
}

/** The version check of the launchers, run as if by that Node. */
function started(version: string): { said: string[]; exits: number[] } {
  const said: string[] = []
  const exits: number[] = []
  const source = readFileSync(join(ROOT, 'bin', 'needs-node.js'), 'utf8')
  const process = { version: `v${version}`, versions: { node: version }, exit: (code: number) => exits.push(code) }
  runInNewContext(source, { process, console: { error: (line: string) => said.push(line) } })
  return { said, exits }
}

describe('the launchers', () => {
  it.each(['0.10.48', '6.17.1', '18.20.8', '20.20.2', '22.12.0'])(
    'say plainly what they need on Node %s',
    (version) => {
      expect(started(version)).toEqual({
        said: [`DistributedQ needs Node 22.13 or newer; this is v${version}`],
        exits: [1],
      })
    },
  )

  it.each(['22.13.0', '22.20.1', '23.0.0', '24.21.0', '30.1.2'])('say nothing on Node %s', (version) => {
    expect(started(version)).toEqual({ said: [], exits: [] })
  })

  it('ask for the Node that the package asks for', () => {
    expect(manifest.engines.node).toBe('>=22.13')
  })

  it.each(Object.entries(manifest.bin))(
    '%s checks the version before anything else and starts with a shebang',
    (_, file) => {
      const [shebang, first] = readFileSync(join(ROOT, file), 'utf8').split('\n')
      expect(shebang).toBe('#!/usr/bin/env node')
      expect(first).toBe("require('./needs-node.js')")
    },
  )

  it('are written in JavaScript that the oldest Node reads', () => {
    const source = readFileSync(join(ROOT, 'bin', 'needs-node.js'), 'utf8')
    expect(source).not.toMatch(/=>|`|\b(?:const|let|import|async|class)\b/)
    expect(spawnSync(NODE, ['--check', join(ROOT, 'bin', 'needs-node.js')]).status).toBe(0)
  })
})
