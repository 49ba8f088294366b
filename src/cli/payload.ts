import { readFileSync, statSync } from 'node:fs'
import { text as readAll } from 'node:stream/consumers'
import { messageOf } from '../core/errors.ts'
import { LIMITS } from '../core/limits.ts'
import { UsageError } from './exit.ts'
import type { Input } from './world.ts'

/** A payload as it was written, and what to call it in a message. */
export interface PayloadText {
  readonly text: string
  readonly what: string
  /** It stood on the command line, where a shell may have had its hands on it. */
  readonly isInline: boolean
}

function readFile(file: string): string {
  try {
    if (statSync(file).size > LIMITS.payloadBytes * 4)
      throw new Error(`it is larger than any payload may be (${LIMITS.payloadBytes} bytes)`)
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new UsageError(`payload: cannot read ${file}: ${messageOf(cause)}`, { cause })
  }
}

/** The text itself, that of `@file`, or with `-` what comes on standard input. @throws UsageError */
export async function payloadText(given: string, input: Input): Promise<PayloadText> {
  if (given === '-') return { text: await readAll(input), what: 'the payload on standard input', isInline: false }
  if (!given.startsWith('@')) return { text: given, what: 'the payload', isInline: true }
  const file = given.slice(1)
  return { text: readFile(file), what: `the payload in ${file}`, isInline: false }
}
