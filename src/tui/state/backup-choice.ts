import { say } from '../text/safe.ts'
import { type Fact, MANY } from './bulk-plans.ts'
import { type Act, countOf, type Plan } from './plan.ts'

type Purge = Extract<Act, { readonly backup?: true }>

const isPurge = (act: Act): act is Purge => act.kind === 'purge' || (act.kind === 'operate' && act.what === 'purge')

const countOfPurge = (act: Purge): number =>
  'sets' in act ? countOf(act.sets) : act.parts.reduce((sum, { count }) => sum + count, 0)

const fact = (isOn: boolean): Fact => [
  say`backup`,
  isOn ? say`each is written to a file first (JSONL); b: no file` : say`none; b: write each to a file first (JSONL)`,
]

function chosen(plan: Plan, act: Purge, isOn: boolean): Plan {
  const { backup: _before, ...rest } = act
  const facts = plan.facts.filter(([label]) => label !== 'backup')
  return { ...plan, act: isOn ? { ...rest, backup: true } : rest, facts: [...facts, fact(isOn)] }
}

/**
 * A purge of more than somebody looks through one by one is backed up unless that is declined: the trash keeps it for a
 * quarter of an hour only. Of a few, the trash is enough, and payloads stay off the disk.
 */
export const withBackup = (plan: Plan): Plan =>
  isPurge(plan.act) ? chosen(plan, plan.act, countOfPurge(plan.act) > MANY) : plan

/** The same question with the other answer to whether there is a file. */
export const otherBackup = (plan: Plan): Plan =>
  isPurge(plan.act) ? chosen(plan, plan.act, plan.act.backup !== true) : plan
