import { isUnshown } from '../../src/core/visible.ts'
import type { DocumentedAnswers } from '../helpers/api-answers.ts'
import type { HttpAnswer } from './answers.ts'
import type { Shot } from './shot.ts'

const ALLOWED = new Set([200, 201, 202, 400, 401, 403, 404, 405, 409, 413, 422, 429, 503])
const OPEN = /^\/(livez|readyz)\/?([?;]|$)/
/** Places in the source. */
const STACK = /\.(ts|js):\d|at \w+ \(|node_modules/
const ERROR_BYTES_MOST = 16_384
const TOLD_MOST = 20

const shown = (bytes: Buffer): string => JSON.stringify(bytes.subarray(0, 400).toString('latin1'))

/** Whether a text has something in it that a terminal would not simply show. */
export const hidesSomething = (text: string): boolean =>
  Array.from(text).some((char) => char !== '\n' && char !== ' ' && isUnshown(char))

/** Counts what was answered, and keeps what should not have been. */
export class Verdict {
  readonly statuses: Record<string, number> = {}
  readonly violations: string[] = []
  readonly #documented: DocumentedAnswers

  constructor(documented: DocumentedAnswers) {
    this.#documented = documented
  }

  get documented(): readonly [number, number] {
    return [this.#documented.seen.size, this.#documented.all.length]
  }

  add(what: string): void {
    if (this.violations.length < TOLD_MOST) this.violations.push(what)
  }

  about(number: number, { bytes }: Shot, what: string): void {
    this.add(`request ${number}: ${what}; it was ${shown(bytes)}`)
  }

  judge(number: number, shot: Shot, answer: HttpAnswer): void {
    this.statuses[answer.status] = (this.statuses[answer.status] ?? 0) + 1
    const problem = this.#problemOf(shot, answer)
    if (problem !== undefined) this.about(number, shot, `${answer.status}: ${problem}`)
  }

  #problemOf({ asked, isRefused }: Shot, { status, headers, text }: HttpAnswer): string | undefined {
    if (!ALLOWED.has(status)) return `no such status: ${text.slice(0, 300)}`
    if (isRefused && status < 400 && !OPEN.test(asked?.path ?? '')) return 'the answer to this must be no'
    if (asked?.method === 'HEAD') return undefined
    const contentType = headers.get('content-type') ?? ''
    if (status >= 400 && !OPEN.test(asked?.path ?? '')) {
      if (text.length > ERROR_BYTES_MOST) return `an error of ${text.length} bytes`
      if (STACK.test(text)) return `it shows places in the source: ${text.slice(0, 300)}`
      return this.#documented.errorProblem(contentType, text) ?? hiddenIn(text)
    }
    return asked === undefined ? undefined : this.#documented.problemOf({ ...asked, status, contentType, text })
  }
}

function hiddenIn(text: string): string | undefined {
  const { error } = JSON.parse(text) as { error: { message: string; details?: readonly string[] } }
  return [error.message, ...(error.details ?? [])].some(hidesSomething) ? `it hides something: ${text}` : undefined
}
