import { hasRates } from '../source/data.ts'
import { count, rate } from '../text/format.ts'
import { say } from '../text/safe.ts'
import type { Finding, Rule } from './finding.ts'

/** Fewer are what a limit is there for. */
const MANY = 1_000
const SOON_S = 3_600

/** So much waits under limits that it will take longer than an hour. */
export const limitedTasks: Rule = (data) =>
  data.queues.flatMap(({ key, name, limited, paused, completedRate }): Finding[] => {
    if (limited < MANY || paused !== undefined || !hasRates(data) || completedRate * SOON_S >= limited) return []
    const text = say`${count(limited)} tasks wait under limits of ${name}, which let ${rate(completedRate)}/s through: dq limit list`
    const goTo = { view: 'queues', queue: key, tab: 'waiting', filter: '' } as const
    return [{ key: `limited ${key}`, severity: 1, text, goTo }]
  })
