import type { Option } from './option.ts'
import { OPTION_KEYS, type OptionKey, ROWS } from './rows.ts'

/** How a flag is declared to a parser of arguments such as yargs: all values are text, so that one place parses them. */
export interface FlagDeclaration {
  readonly type: 'string' | 'boolean'
  readonly describe: string
  readonly defaultDescription?: string
}

const plain = (markdown: string): string => markdown.replaceAll('`', '')
const fallbackOf = (row: Option<unknown>): string =>
  row.fallbackText ?? (row.fallback === undefined ? '' : `\`${row.fallback}\``)

/** The flags of these options, by name. */
export function flagDeclarations(keys: readonly OptionKey[] = OPTION_KEYS): Record<string, FlagDeclaration> {
  const rows = keys.map((key) => ROWS[key]).filter((row) => row.flag !== undefined)
  return Object.fromEntries(
    rows.map((row) => [
      row.flag,
      {
        type: row.switch ? 'boolean' : 'string',
        describe: `${plain(row.about)} [${row.env}]`,
        ...(row.switch ? {} : { defaultDescription: plain(fallbackOf(row)) }),
      } satisfies FlagDeclaration,
    ]),
  )
}

const cell = (text: string): string => text.replaceAll('|', '\\|')

function tableRow(row: Option<unknown>): string {
  const flag = row.flag === undefined ? '' : `\`--${row.flag}\``
  const env = [`\`${row.env}\``, ...(row.secret ? [`\`${row.env}_FILE\``] : [])].join(', ')
  const aliases = (row.aliases ?? []).map((alias) => `\`${alias.env}\``).join(', ')
  return `| ${[flag, env, aliases, cell(fallbackOf(row)), cell(row.about)].join(' | ')} |`
}

/** The table of `docs/CONFIG.md`. */
export function optionTable(): string {
  const head = '| flag | environment | other names | default | meaning |\n|---|---|---|---|---|\n'
  return head + OPTION_KEYS.map((key) => tableRow(ROWS[key])).join('\n')
}
