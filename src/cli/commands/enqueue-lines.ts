import type { Client, NewTaskItem } from '../../core/client.ts'
import type { EnqueueResult } from '../../core/enqueue-result.ts'
import { DqError } from '../../core/errors.ts'
import type { EnqueueOptions } from '../../core/options.ts'
import type { Context } from '../command.ts'
import { EXIT } from '../exit.ts'
import { parseItem } from '../item.ts'
import { unknownTypes } from '../known-types.ts'
import { type InputLine, readLines } from '../lines.ts'
import { inputBytes, Progress } from '../progress.ts'
import { count, plural } from '../text.ts'

/** Tasks of one call. */
const BATCH = 500
/** Of one line: a payload at its limit fits, whatever its escapes. */
const LINE_CHARS = 1_048_576
/** Bad lines that are told one by one; the others are counted. */
const TOLD = 100
/** Different types that are remembered for the warning. */
const TYPES = 1_000

type Outcome = EnqueueResult | { readonly error: DqError }
interface Tally {
  enqueued: number
  duplicates: number
  replaced: number
  refused: number
  lines: number
}

/** The task of a line, what is wrong with it, or nothing for a blank line. */
function taskOf(line: InputLine, options: EnqueueOptions): NewTaskItem | { readonly error: DqError } | undefined {
  if (line.tooLong)
    return { error: new DqError('payload_too_large', `the line is longer than ${count(LINE_CHARS)} characters`) }
  if (line.text.trim() === '') return undefined
  try {
    return parseItem(line.text, options)
  } catch (error) {
    if (error instanceof DqError) return { error }
    throw error
  }
}

/** One outcome per line that holds something, in order. */
async function send(
  client: Client,
  lines: readonly InputLine[],
  options: EnqueueOptions,
): Promise<{ line: number; type: string | undefined; outcome: Outcome }[]> {
  const read = lines.flatMap((line) => {
    const task = taskOf(line, options)
    return task === undefined ? [] : [{ line: line.number, task }]
  })
  const items = read.flatMap(({ task }) => ('error' in task ? [] : [task]))
  const results = (await client.enqueueMany(items)).values()
  return read.map(({ line, task }) =>
    'error' in task
      ? { line, type: undefined, outcome: task }
      : { line, type: task.type, outcome: results.next().value! },
  )
}

class Report {
  readonly tally: Tally = { enqueued: 0, duplicates: 0, replaced: 0, refused: 0, lines: 0 }
  readonly types = new Set<string>()
  readonly #context: Context
  readonly #progress: Progress

  constructor(context: Context, progress: Progress) {
    this.#context = context
    this.#progress = progress
  }

  add(line: number, type: string | undefined, outcome: Outcome): void {
    const { screen } = this.#context
    this.tally.lines = line
    if ('error' in outcome) {
      const { code, message } = outcome.error
      if (screen.json) screen.printJsonLine({ line, error: { code, message } })
      if (this.tally.refused++ >= TOLD) return
      this.#progress.clear()
      screen.note(`line ${line}: ${message}`)
      return
    }
    if (screen.json) screen.printJsonLine({ line, ...outcome })
    if (outcome.outcome === 'enqueued') this.tally.enqueued++
    else if (outcome.outcome === 'replaced') this.tally.replaced++
    else this.tally.duplicates++
    if (type !== undefined && this.types.size < TYPES) this.types.add(type)
  }

  summary(): string {
    const { enqueued, duplicates, replaced, refused } = this.tally
    const untold = refused > TOLD ? ` (the first ${TOLD} are told above)` : ''
    const parts = [`enqueued ${plural(enqueued, 'task')}`]
    if (replaced > 0) parts.push(`replaced ${plural(replaced, 'task')}`)
    if (duplicates > 0) parts.push(plural(duplicates, 'duplicate'))
    if (refused > 0) parts.push(`refused ${plural(refused, 'line')}${untold}`)
    return parts.join(', ')
  }
}

/** Reads tasks from standard input, one a line, and enqueues them as they come, at most 500 a call. */
export async function enqueueLines(context: Context, options: EnqueueOptions): Promise<number> {
  const { input, screen } = context
  if (input.isTTY) screen.note('reading tasks from the terminal, one JSON object a line; Ctrl-D ends')
  const { client, inspector } = await context.open()
  const progress = new Progress(screen.err, 'tasks')
  const report = new Report(context, progress)
  const whole = inputBytes(input)
  let bytes = 0
  const lines = readLines(input, { maxChars: LINE_CHARS, most: BATCH, onBytes: (n) => (bytes += n) })
  try {
    for await (const batch of lines) {
      for (const { line, type, outcome } of await send(client, batch, options)) report.add(line, type, outcome)
      await screen.flush()
      progress.show(report.tally.enqueued, whole === undefined ? undefined : bytes / whole)
    }
  } catch (error) {
    progress.clear()
    screen.note(
      `stopped after line ${report.tally.lines}: ${report.summary()}; the lines after it may have to be sent again`,
    )
    throw error
  }
  progress.clear()
  if (screen.json) screen.note(report.summary())
  else screen.print(report.summary())
  const warning = await unknownTypes(inspector, report.types)
  if (warning !== undefined) screen.note(warning)
  return report.tally.refused > 0 ? EXIT.failed : EXIT.ok
}
