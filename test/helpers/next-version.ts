import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FORMAT } from '../../src/core/format.ts'
import { ROOT } from './process.ts'

const COPIED = ['src', 'package.json', 'test/fixtures', 'test/chaos/fixtures']
export const NEXT_FORMAT = FORMAT + 1
export const NEXT_VERSION = '99.0.0'

function replaceIn(file: string, before: string, after: string): void {
  const text = readFileSync(file, 'utf8')
  if (!text.includes(before)) throw new Error(`${file} has no line ${before}`)
  writeFileSync(file, text.replace(before, after))
}

/**
 * Puts the programs of the version after this one into an empty folder: it knows one format more, and writes the present one
 * until it is told to raise it.
 * @returns the folder, as a place like `ROOT`.
 */
export function nextVersion(folder: string): string {
  for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  replaceIn(join(folder, 'src/core/format.ts'), `FORMAT: number = ${FORMAT}`, `FORMAT: number = ${NEXT_FORMAT}`)
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }
  replaceIn(join(folder, 'package.json'), `"version": "${version}"`, `"version": "${NEXT_VERSION}"`)
  return folder
}
