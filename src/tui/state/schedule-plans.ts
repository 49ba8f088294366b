import type { ScheduleRow } from '../source/schedule-rows.ts'
import { say } from '../text/safe.ts'
import type { Plan } from './plan.ts'

export function enableSchedulePlan({ key, name, isEnabled }: ScheduleRow): Plan {
  const question = isEnabled
    ? say`Disable ${name}? Its slots pass; tasks it made stay`
    : say`Enable ${name}? It goes on with its next slot`
  const act = { kind: 'enable', schedule: key, on: !isEnabled } as const
  return { act, tier: 1, title: isEnabled ? say`DISABLE` : say`ENABLE`, facts: [], question, phrase: undefined }
}

export function triggerPlan({ key, name, type, queue }: ScheduleRow): Plan {
  const question = say`Run ${name} now? One ${type} into ${queue}`
  return {
    act: { kind: 'trigger', schedule: key },
    tier: 1,
    title: say`TRIGGER`,
    facts: [],
    question,
    phrase: undefined,
  }
}
