import { say } from '../text/safe.ts'
import type { Finding, Rule } from './finding.ts'

/** Queues that do not keep what they promise. */
export const objectives: Rule = ({ queues, objectives: rows }) =>
  queues.flatMap(({ key, name }): Finding[] => {
    const row = rows.get(key)
    if (row === undefined || row.state === 'met' || row.state === 'unknown') return []
    const goTo = { view: 'queues', key } as const
    if (row.state === 'stalled')
      return [
        {
          key: `slo ${key}`,
          severity: 3,
          text: say`${name} promises ${row.promise}, and nothing began within 5m while tasks wait longer`,
          goTo,
        },
      ]
    const pace = row.state === 'fast' ? say`fast` : say`slowly`
    return [
      {
        key: `slo ${key}`,
        severity: row.state === 'fast' ? 3 : 2,
        text: say`${name} promises ${row.promise}, and its budget burns ${pace}: ${row.burns}`,
        goTo,
      },
    ]
  })
