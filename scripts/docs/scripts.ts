import { readFileSync } from 'node:fs'
import { SCRIPTS } from '../../src/core/scripts.ts'

const folder = new URL('../../src/core/lua/', import.meta.url)

/** The lines of prose between the flags of a script and its keys. */
function purposeOf(name: string): string {
  const lines = readFileSync(new URL(`${name}.lua`, folder), 'utf8')
    .split('\n')
    .slice(1)
  const prose = lines.slice(
    0,
    lines.findIndex((line) => line.startsWith('-- KEYS:')),
  )
  return prose
    .map((line) => line.replace(/^-- /, ''))
    .join(' ')
    .replaceAll('|', '\\|')
}

/** The generated parts of docs/REDIS.md. */
export const redisParts = (): Record<string, string> => ({
  scripts: [
    '| script | what it does | keys |',
    '|---|---|---|',
    ...Object.values(SCRIPTS).map(({ name, keys }) => `| \`${name}\` | ${purposeOf(name)} | ${keys.length} |`),
  ].join('\n'),
})
