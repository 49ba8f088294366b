import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ERRORS } from '../../src/core/errors.ts'
import { BIN, ROOT } from '../lib/project.mjs'

/** What the package exports, in the order in which people look for it. */
const PARTS: Readonly<Record<string, string>> = {
  definitions:
    'defineTask TaskOptions Handler TaskContext TaskLog RetryOptions Backoff CustomBackoff Jitter ' +
    'RateLimit ConcurrencyLimit LimitKey Isolation Priority TaskDefinition RetryPolicy',
  thrown: 'Discard Snooze RateLimited Aborted',
  client:
    'Client ClientOptions EnqueueOptions UniqueOptions Durability EnqueueResult NewTaskItem ItemResult ' +
    'CancelOutcome TaskId Stored PayloadOf ResultOf Json EncryptionOptions Keyring',
  worker: 'Worker WorkerOptions Tasks QueueShare WorkerStats Events EventName EventMap TaskEvent LogLevel',
  flows: 'Flow FlowNode FlowParent FailurePolicy ParentRef FlowResult BatchCallback BatchResult Relative Relations',
  schedules: 'defineSchedule NewSchedule ScheduleInfo ScheduleRun MissedPolicy OverlapPolicy Triggered Reconciled',
  reading:
    'Inspector TaskInfo SealedValues AttemptInfo State QueueInfo Rates Ledger Series LeaseInfo WorkerInfo ' +
    'DeadGroup RedisInfo Page',
  changing: 'Operator OperationInfo OperationState',
  errors: 'DqError ErrorCode',
  redis: 'openRedis RedisOptions RedisClient',
}
/** Tables with pages of their own, and what only other parts of this project use. */
const NOT_SHOWN = ['Broker', 'ERRORS', 'PRIORITIES', 'STATES', 'TRANSITIONS']

const DECLARATION =
  /(?:\/\*\*(?:(?!\*\/)[^])*\*\/\n)?export (?:declare )?(?:interface|class|type|function|const) (\w+)(?:(?!^(?:\/\*\*|export|import|declare|interface|type|const))[^])*/gm

/** A declaration as a reader wants it. */
const tidy = (text: string): string =>
  text
    .replace(/^export (?:declare )?/m, '')
    .replaceAll(/^ {4}#private;\n/gm, '')
    .replaceAll(/^(?: {4})+/gm, (indent) => ' '.repeat(indent.length / 2))
    .replaceAll(/;$/gm, '')
    .trim()

/** Every exported name of the package with its declaration. */
function declarations(): Map<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'dq-api-'))
  try {
    const args = ['-p', 'tsconfig.build.json', '--emitDeclarationOnly', '--noCheck', '--outDir', folder]
    const { status, stdout } = spawnSync(join(BIN, 'tsc'), args, { cwd: ROOT, encoding: 'utf8' })
    if (status !== 0) throw new Error(`the sources cannot be read:\n${stdout}`)
    return exportsOf(join(folder, 'core', 'index.d.ts'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const LIST = /^(\/\*\*[^]*?\*\/\n)?const \w+: readonly \[(.*)\]$/

/** `(typeof LIST)[number]` is what the list says, and so is its description. */
function spellOut(declaration: string, all: ReadonlyMap<string, string>): string {
  const [, list = ''] = /\(typeof (\w+)\)\[number\]$/.exec(declaration) ?? []
  const [, comment = '', items] = LIST.exec(all.get(list) ?? '') ?? []
  if (items === undefined) return declaration
  const said = items.replaceAll(', ', ' | ').replaceAll('"', "'")
  const spelt = declaration.replace(`(typeof ${list})[number]`, said)
  return spelt.startsWith('/**') ? spelt : comment + spelt
}

/** Those of one file, and of the files it hands on. */
function exportsOf(file: string): Map<string, string> {
  const text = readFileSync(file, 'utf8')
  const found = new Map(Array.from(text.matchAll(DECLARATION), ([whole, name]) => [name, tidy(whole)]))
  for (const [name, declaration] of found) found.set(name, spellOut(declaration, found))
  for (const [, names, from = ''] of text.matchAll(/^export (?:type )?(?:\{ ([^}]*) \}|\*) from '([^']+)';$/gm)) {
    const all = exportsOf(join(dirname(file), from.replace(/\.ts$/, '.d.ts')))
    const wanted = names?.split(', ').map((name) => name.replace('type ', '')) ?? [...all.keys()]
    for (const name of wanted) {
      const declaration = all.get(name)
      if (declaration === undefined) throw new Error(`${name} of ${from} is declared in a way that is not understood`)
      found.set(name, declaration)
    }
  }
  return found
}

const errorTable = (): string =>
  [
    '| code | HTTP | meaning |',
    '|---|---|---|',
    ...Object.entries(ERRORS).map(([code, { status, meaning }]) => `| \`${code}\` | ${status} | ${meaning} |`),
  ].join('\n')

/** The generated parts of docs/API.md. @throws Error for an export that has no place there. */
export function apiParts(): Record<string, string> {
  const all = declarations()
  const namesOf = (part: string): string[] => part.split(' ')
  const placed = new Set([...Object.values(PARTS).flatMap(namesOf), ...NOT_SHOWN])
  const homeless = [...all.keys()].filter((name) => !placed.has(name))
  if (homeless.length > 0) throw new Error(`scripts/docs/api.ts has no place for ${homeless.join(', ')}`)
  const part = (names: string): string =>
    namesOf(names)
      .map((name) => {
        const declaration = all.get(name)
        if (declaration === undefined)
          throw new Error(`the package exports no ${name}; take it out of scripts/docs/api.ts`)
        return `### \`${name}\`\n\n\`\`\`ts\n${declaration}\n\`\`\``
      })
      .join('\n\n')
  const parts = Object.fromEntries(Object.entries(PARTS).map(([name, names]) => [name, part(names)]))
  return { ...parts, codes: errorTable() }
}
