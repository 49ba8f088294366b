import type { Inspector } from '../../core/inspector.ts'
import type { Operator } from '../../core/operator.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit.ts'
import { queuesOf } from '../listing.ts'
import type { Screen } from '../screen.ts'
import { plural, say } from '../text.ts'
import { QUEUE } from './options.ts'

/** A task that moves between two reads looks misplaced once; one that is misplaced looks so each time. */
const LOOKS = 3

interface Finding {
  readonly name: string
  readonly ok: boolean
  readonly drift: readonly string[]
  /** Tasks that were looked at, one by one. */
  readonly counted?: number
  /** What was mended before, by kind. */
  readonly repaired?: Readonly<Record<string, number>>
}

async function deepOf(inspector: Inspector, queue: string): Promise<{ problems: readonly string[]; counted: number }> {
  let report = await inspector.verifyDeep(queue)
  let { problems } = report
  for (let look = 1; look < LOOKS && problems.length > 0; look++) {
    report = await inspector.verifyDeep(queue)
    const again = new Set(report.problems)
    problems = problems.filter((problem) => again.has(problem))
  }
  return { problems, counted: report.counted }
}

async function check(inspector: Inspector, name: string, deep: boolean): Promise<Finding> {
  const { drift } = await inspector.verify(name)
  if (!deep) return { name, ok: drift.length === 0, drift }
  const { problems, counted } = await deepOf(inspector, name)
  const all = [...drift, ...problems]
  return { name, ok: all.length === 0, drift: all, counted }
}

/** How many repairs of each kind, in the order in which they came. */
async function repair(operator: Operator, queue: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { what } of await operator.repair(queue)) counts[what] = (counts[what] ?? 0) + 1
  return counts
}

const REPAIRS: Readonly<Record<string, string>> = {
  lined: 'back in line',
  surplus: 'left in one place only',
  ghost: 'ghost removed',
  hold: 'broken hold removed',
  grant: 'grant set right',
  note: 'note forgotten',
}

function print(screen: Screen, finding: Finding): void {
  const { name, ok, drift, counted, repaired = {} } = finding
  const looked = counted === undefined ? '' : `, ${plural(counted, 'task')} looked at one by one`
  screen.print(say`${name}: ${ok ? 'the books balance' : 'the books do NOT balance'}${looked}`)
  for (const [what, n] of Object.entries(repaired)) screen.print(say`  repaired: ${n} ${REPAIRS[what] ?? what}`)
  for (const problem of drift) screen.print(say`  ${problem}`)
}

export const verify: Command = {
  name: 'verify',
  about: 'Check that every task is in exactly one place. Exit code 1 when the books do not balance',
  options: {
    queue: QUEUE,
    deep: { about: 'look at each task, not only at the sums; reads everything', switch: true },
    repair: { about: 'look at each task first, and mend what is not in exactly one place', switch: true },
  },
  async run({ args, screen, open }) {
    const deep = args.flag('deep')
    const mend = args.flag('repair')
    const queue = args.name('queue')
    const { inspector, operator } = await open()
    const findings: Finding[] = []
    for (const name of await queuesOf(inspector, queue)) {
      const repaired = mend ? await repair(operator, name) : undefined
      findings.push({ ...(await check(inspector, name, deep)), ...(repaired && { repaired }) })
    }
    const ok = findings.every((finding) => finding.ok)
    if (screen.json) screen.printJson({ ok, deep, queues: findings })
    else if (findings.length === 0) screen.note('there is no queue yet')
    else for (const finding of findings) print(screen, finding)
    return ok ? EXIT.ok : EXIT.failed
  },
}
