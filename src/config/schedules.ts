import { DqError } from '../core/errors.ts'
import { definitionOf, type NewSchedule } from '../core/schedule-definition.ts'
import type { Source } from './sources.ts'

/** What a line of a schedule is called in a file, and in the library. */
const FIELDS: Readonly<Record<string, keyof NewSchedule>> = {
  name: 'name',
  spec: 'spec',
  time_zone: 'timeZone',
  type: 'type',
  payload: 'payload',
  queue: 'queue',
  priority: 'priority',
  start: 'start',
  end: 'end',
  enabled: 'enabled',
  missed: 'missed',
  overlap: 'overlap',
  jitter: 'jitter',
}

function read(item: unknown, where: string, problems: string[]): NewSchedule[] {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    problems.push(`${where}: write name, spec and type, each as name: value`)
    return []
  }
  const unknown = Object.keys(item).filter((field) => !Object.hasOwn(FIELDS, field))
  if (unknown.length > 0) {
    problems.push(`${where}: ${unknown.join(', ')} is none of ${Object.keys(FIELDS).join(', ')}`)
    return []
  }
  const schedule = Object.fromEntries(
    Object.entries(item).flatMap(([field, value]) => (value === null ? [] : [[FIELDS[field]!, value as unknown]])),
  ) as unknown as NewSchedule
  try {
    definitionOf({ ...schedule, name: schedule.name ?? '' }, Date.now())
    return [schedule]
  } catch (error) {
    if (!(error instanceof DqError)) throw error
    problems.push(`${where}: ${error.message}`)
    return []
  }
}

/** The schedules that the configuration file declares; undefined without a file. What is wrong is added to `problems`. */
export function schedulesOf(sources: readonly Source[], problems: string[]): readonly NewSchedule[] | undefined {
  const source = sources.find(({ schedules }) => schedules !== undefined)
  if (source === undefined) return undefined
  const label = source.label('schedules')
  if (!Array.isArray(source.schedules)) {
    problems.push(`${label}: write a list, each schedule behind a dash`)
    return []
  }
  const schedules = source.schedules.flatMap((item, i) => read(item, `${label}, number ${i + 1}`, problems))
  const names = schedules.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) problems.push(`${label}: ${twice} is there twice; give one of them another name`)
  return schedules
}
