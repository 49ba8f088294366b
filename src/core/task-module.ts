import { isTaskDefinition, normaliseTasks, type TaskDefinition, type Tasks } from './handlers.ts'

/** A module's tasks: a default array, a default object by type, one default definition, or named definitions. */
export function tasksOfModule(module: Readonly<Record<string, unknown>>): TaskDefinition[] {
  const main = module['default']
  if (isTaskDefinition(main)) return [main]
  const named = Object.values(module).filter((value) => isTaskDefinition(value))
  if (typeof main !== 'object' || main === null) return named
  return [...normaliseTasks(main as Tasks).values()]
}
