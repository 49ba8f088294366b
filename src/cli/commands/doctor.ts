import { type Row, worst } from '../../core/doctor/check.ts'
import { examine } from '../../core/doctor/examine.ts'
import { DqError, messageOf } from '../../core/errors.ts'
import type { Command, Session } from '../command.ts'
import type { Screen } from '../screen.ts'
import { say } from '../text.ts'

/** As monitoring programs read them: well, look at it, act. */
const CODES = { ok: 0, warn: 1, fail: 2 } as const
const MARKS = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const

/** A Redis that cannot be reached is the first thing a doctor finds; a refused password stays what it is everywhere. */
async function rowsOf(open: () => Promise<Session>): Promise<Row[]> {
  try {
    const { redis, inspector, namespace } = await open()
    return [
      { level: 'ok', what: 'reach', text: `Redis answers at ${redis.address}` },
      ...(await examine(redis, inspector, namespace)),
    ]
  } catch (error) {
    if (!(error instanceof DqError) || !['unavailable', 'timeout'].includes(error.code)) throw error
    // What opens a connection has said the remedy already.
    const [text = '', remedy = 'start Redis there'] = messageOf(error).split('; ', 2)
    return [{ level: 'fail', what: 'reach', text, remedy }]
  }
}

function print(screen: Screen, { level, what, text, remedy }: Row): void {
  screen.print(say`${MARKS[level]}  ${what.padEnd(11)}  ${text}`)
  if (remedy !== undefined) screen.print(say`${' '.repeat(19)}→ ${remedy}`)
}

export const doctor: Command = {
  name: 'doctor',
  about: 'Look at Redis, its settings, the books and the workers, and say what to mend. Changes nothing',
  more: 'Exit code 0 when all is well, 1 with something to look at, 2 with something to act on.',
  async run({ screen, open }) {
    const rows = await rowsOf(open)
    const level = worst(rows)
    if (screen.json) screen.printJson({ level, rows })
    else for (const row of rows) print(screen, row)
    return CODES[level]
  },
}
