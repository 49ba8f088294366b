import { existsSync } from 'node:fs'
import { extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ConfigError } from '../config.ts'
import { DqError, messageOf } from '../core/errors.ts'
import type { TaskDefinition } from '../core/handlers.ts'
import { tasksOfModule } from '../core/task-module.ts'

const EXTENSIONS = ['.ts', '.mts', '.js', '.mjs', '.cjs']

async function loadFile(file: string): Promise<TaskDefinition[]> {
  if (!EXTENSIONS.includes(extname(file))) throw new Error(`it is none of ${EXTENSIONS.join(', ')}`)
  if (!existsSync(file)) throw new Error('there is no such file')
  if (extname(file).endsWith('ts') && !process.features.typescript)
    throw new Error(`TypeScript needs Node 22.18 or newer, and this is ${process.version}; compile it to JavaScript`)
  const { href } = pathToFileURL(file)
  const tasks = tasksOfModule((await import(href)) as Record<string, unknown>)
  // A child process finds its handler where this one did.
  if (tasks.length > 0) return tasks.map((task) => ({ ...task, module: href }))
  throw new Error('it exports no tasks; export default [defineTask({ … })], or { type: async (payload) => … }')
}

/** The first line of what went wrong. Syntax errors of JavaScript files do not name their place, so their stack does. */
function causeOf(error: unknown): string {
  const place = error instanceof SyntaxError ? /^file:\/\/(\S+:\d+)$/m.exec(error.stack ?? '')?.[1] : undefined
  return `${messageOf(error).split('\n')[0]}${place === undefined ? '' : ` (${place})`}`
}

/**
 * Loads the files that hold the task handlers.
 * @throws ConfigError naming each file that cannot be used, and each type that is there twice.
 */
export async function loadHandlers(
  files: readonly string[],
  builtIn: readonly TaskDefinition[],
): Promise<TaskDefinition[]> {
  const problems: string[] = []
  const byType = new Map<string, { task: TaskDefinition; file: string }>()
  for (const task of builtIn) byType.set(task.type, { task, file: 'the built-in types' })
  for (const file of files) {
    try {
      for (const task of await loadFile(file)) {
        const other = byType.get(task.type)
        if (other !== undefined && other.task.run !== task.run)
          throw new DqError('invalid_input', `type ${task.type} is defined in ${other.file} already`)
        byType.set(task.type, { task, file })
      }
    } catch (error) {
      problems.push(`handlers file ${file} cannot be used: ${causeOf(error)}`)
    }
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return Array.from(byType.values(), ({ task }) => task)
}
