import { parseArgs } from 'node:util'
import { CASES, type CaseName } from './cases.ts'
import { SUBJECTS, type SubjectName } from './subjects/subject.ts'

export interface BenchOptions {
  /** Print one JSON document instead of the table. */
  readonly json: boolean
  readonly tasks: number
  readonly rounds: number
  /** No further round begins that would end after this; the first one always runs. */
  readonly budgetMs: number
  readonly cases: readonly CaseName[]
  readonly subjects: readonly SubjectName[]
  /** Folder for a CPU profile of every measured process; the report then also has the commands Redis ran. */
  readonly profile: string | undefined
}

/** So that a run without flags ends within five minutes on a slow or busy machine too. */
const BUDGET_MS = 270_000

const HELP = `npm run bench -- [options]

  --quick            a look in under a minute: one round of few tasks
  --tasks N          tasks per case and subject (default 40000)
  --rounds N         how often every subject has its turn (default 3, fewer where that takes over 5 minutes)
  --only NAME        a case; repeat it, or separate names by commas: ${Object.keys(CASES).join(', ')}
  --subjects NAMES   of ${SUBJECTS.join(', ')} (default all of these cases)
  --json             one JSON document on stdout, with every round
  --profile FOLDER   a CPU profile of every measured process, and the commands Redis ran
`

function positive(text: string | undefined, flag: string, otherwise: number): number {
  if (text === undefined) return otherwise
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${flag} takes a whole number of at least 1`)
  return value
}

function chosen<T extends string>(texts: readonly string[], flag: string, known: readonly T[]): T[] {
  return texts
    .flatMap((text) => text.split(','))
    .map((name) => {
      const found = known.find((one) => one === name)
      if (found === undefined) throw new Error(`--${flag} ${name} is none of ${known.join(', ')}`)
      return found
    })
}

/** @returns undefined when only help was asked for, which is then printed. @throws Error that names the flag. */
export function readOptions(args: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h' },
      json: { type: 'boolean' },
      quick: { type: 'boolean' },
      tasks: { type: 'string' },
      rounds: { type: 'string' },
      only: { type: 'string', multiple: true },
      subjects: { type: 'string', multiple: true },
      profile: { type: 'string' },
    },
  })
  if (values.help === true) {
    console.log(HELP)
    return undefined
  }
  const names = Object.keys(CASES) as CaseName[]
  const only = chosen(values.only ?? [], 'only', names)
  const subjects = chosen(values.subjects ?? [], 'subjects', SUBJECTS)
  const cases = only.length > 0 ? only : names.filter((name) => !CASES[name].onlyByName)
  const wanted = (name: SubjectName): boolean =>
    subjects.length > 0
      ? subjects.includes(name)
      : cases.some((one) => (CASES[one].subjects as readonly string[]).includes(name))
  return {
    json: values.json === true,
    tasks: positive(values.tasks, 'tasks', values.quick === true ? 10_000 : 40_000),
    rounds: positive(values.rounds, 'rounds', values.quick === true ? 1 : 3),
    budgetMs: values.rounds === undefined ? BUDGET_MS : Number.POSITIVE_INFINITY,
    cases,
    subjects: SUBJECTS.filter(wanted),
    profile: values.profile,
  }
}
