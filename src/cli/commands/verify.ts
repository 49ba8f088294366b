import type { Inspector } from '../../core/inspector.ts'
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

function print(screen: Screen, finding: Finding): void {
  const { name, ok, drift, counted } = finding
  const looked = counted === undefined ? '' : `, ${plural(counted, 'task')} looked at one by one`
  screen.print(say`${name}: ${ok ? 'the books balance' : 'the books do NOT balance'}${looked}`)
  for (const problem of drift) screen.print(say`  ${problem}`)
}

export const verify: Command = {
  name: 'verify',
  about: 'Check that every task is in exactly one place. Exit code 1 when the books do not balance',
  options: {
    queue: QUEUE,
    deep: { about: 'look at each task, not only at the sums; reads everything', switch: true },
  },
  async run({ args, screen, open }) {
    const deep = args.flag('deep')
    const queue = args.name('queue')
    const { inspector } = await open()
    const findings: Finding[] = []
    for (const name of await queuesOf(inspector, queue)) findings.push(await check(inspector, name, deep))
    const ok = findings.every((finding) => finding.ok)
    if (screen.json) screen.printJson({ ok, deep, queues: findings })
    else if (findings.length === 0) screen.note('there is no queue yet')
    else for (const finding of findings) print(screen, finding)
    return ok ? EXIT.ok : EXIT.failed
  },
}
