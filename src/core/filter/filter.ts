import { didYouMean } from '../closest.ts'
import { durationMs } from '../duration.ts'
import { DqError, messageOf } from '../errors.ts'
import type { TaskInfo } from '../task.ts'
import { BARE_FIELDS, FIELD_NAMES, NUMBER_FIELDS, PAYLOAD, payloadAt, TEXT_FIELDS } from './fields.ts'
import { compilePattern, PATTERN_MAX } from './pattern.ts'
import { wordsOf } from './words.ts'

type Test = (task: TaskInfo, nowMs: number) => boolean

/** Words that a task has to match, all of them; see `parseFilter`. */
export interface Filter {
  /** As it was written. */
  readonly text: string
  /** @param nowMs by Redis's clock. */
  readonly matches: Test
  /** Whether a task of this queue can match at all: of the others none needs to be read. */
  readonly admitsQueue: (queue: string) => boolean
}

export const EVERYTHING: Filter = { text: '', matches: () => true, admitsQueue: () => true }

const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  ':': (a, b) => a === b,
}

const refuse = (word: string, why: string): DqError =>
  new DqError('invalid_input', `filter word '${word.slice(0, 80)}' ${why}`, { details: ['filter'] })

function textTest(word: string, operator: string, value: string, of: (task: TaskInfo) => string | undefined): Test {
  if (operator !== ':' && operator !== '~') throw refuse(word, `compares a text; write : or ~ instead of ${operator}`)
  const matches = compilePattern(operator === ':' ? value.replaceAll(',', '|') : value, operator === ':')
  return (task) => {
    const text = of(task)
    return text !== undefined && matches(text)
  }
}

function numberTest(word: string, operator: string, value: string, name: string): Test {
  const { kind, of } = NUMBER_FIELDS[name]!
  const compare = COMPARISONS[operator]
  if (compare === undefined) throw refuse(word, 'compares a number; write one of < <= > >= :')
  const limit = kind === 'duration' ? durationOf(word, value) : Number(value)
  if (!Number.isFinite(limit)) throw refuse(word, `needs a number, such as ${name}>=3`)
  return (task, nowMs) => {
    const number = of(task, nowMs)
    return number !== undefined && compare(number, limit)
  }
}

function durationOf(word: string, value: string): number {
  try {
    return durationMs(value, 'age')
  } catch (cause) {
    throw new DqError('invalid_input', `filter word '${word.slice(0, 80)}': ${messageOf(cause)}`, { cause })
  }
}

function bareTest(value: string): Test {
  const matches = compilePattern(value)
  return (task) =>
    BARE_FIELDS.some((name) => {
      const text = TEXT_FIELDS[name]!(task)
      return text !== undefined && matches(text)
    })
}

function testOf(word: string): Test {
  const [, name, operator = '', quoted = ''] =
    /^(payload\.[^:~<>]+|[a-z][\w.-]*)(:|~|<=|>=|<|>)(.*)$/is.exec(word) ?? []
  if (name === undefined) return bareTest(word)
  if (quoted === '') throw refuse(word, 'has nothing after its field')
  const field = name.toLowerCase() === 'error' ? 'err' : name.toLowerCase()
  if (field.startsWith(PAYLOAD)) {
    // Keys of a payload keep their case.
    const path = name.slice(PAYLOAD.length).split('.')
    return textTest(word, operator, quoted, ({ payload }) => payloadAt(payload, path))
  }
  if (Object.hasOwn(TEXT_FIELDS, field)) return textTest(word, operator, quoted, TEXT_FIELDS[field]!)
  if (Object.hasOwn(NUMBER_FIELDS, field)) return numberTest(word, operator, quoted, field)
  const hint = didYouMean(field, FIELD_NAMES)
  // The remedy first: a narrow screen shows no more.
  const all = `${FIELD_NAMES.join(', ')} and payload.…`
  throw refuse(word, hint === '' ? `names no field; there are ${all}` : `names no field${hint} There are ${all}`)
}

/** What a word alone says of a queue; undefined: nothing. */
function queueTest(word: string): ((queue: string) => boolean) | undefined {
  const [, sign = '', operator, value = ''] = /^(!?)queue([:~])(.+)$/is.exec(word) ?? []
  if (operator === undefined) return undefined
  const matches = compilePattern(operator === ':' ? value.replaceAll(',', '|') : value, operator === ':')
  return (queue) => matches(queue) === (sign === '')
}

/**
 * Reads a filter: words that all have to match. `type:email,report` is one of them, `worker:wrk-a*` begins so,
 * `err~"timeout|421"` contains one of these, `attempts>=3`, `age<1h` (since it is where it is), `payload.user.id:123`;
 * `!` before a word turns it round, and a bare word is looked for in id, type, queue, worker and error. Any case of letters.
 * @throws DqError `invalid_input` naming the word and the remedy.
 */
export function parseFilter(text: string): Filter {
  if (text.length > 2_000) throw refuse(text, 'is too long: a filter has at most 2000 characters')
  const words = wordsOf(text)
  const tests = words.map((word) => {
    const isNegated = word.startsWith('!')
    const bare = isNegated ? word.slice(1) : word
    if (bare === '') throw refuse(word, 'is empty; write what must not match behind the !')
    if (bare.length > PATTERN_MAX) throw refuse(word, `is longer than ${PATTERN_MAX} characters`)
    const test = testOf(bare)
    return isNegated ? (task: TaskInfo, nowMs: number) => !test(task, nowMs) : test
  })
  if (tests.length === 0) return EVERYTHING
  const queueTests = words.flatMap((word) => queueTest(word) ?? [])
  return {
    text: text.trim(),
    matches: (task, nowMs) => tests.every((test) => test(task, nowMs)),
    admitsQueue: (queue) => queueTests.every((test) => test(queue)),
  }
}
