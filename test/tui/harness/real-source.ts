import { openSource } from '../../../src/tui/source/redis-source.ts'
import type { ConsoleSource } from '../../../src/tui/source/source.ts'
import type { Surroundings } from '../../../src/tui/tty/surroundings.ts'

/** A machine on which files, pager and editor go through and leave nothing behind. @param lent while they have the terminal */
export const surroundingsOf = (lent: () => Promise<void>): Surroundings => ({
  env: { TERM: 'xterm' },
  save: async (name) => `/home/ops/${name}`,
  backup: async (name) => {
    let count = 0
    return {
      path: `/home/ops/${name}`,
      get count() {
        return count
      },
      write: async (tasks) => void (count += tasks.length),
      close: async () => {},
    }
  },
  edit: async (text) => {
    await lent()
    return { text: `${text} `, code: 0 }
  },
  page: lent,
})

/** A source whose calls under way are counted, so that one can tell when the console waits for nothing any more. */
export interface CountedSource {
  readonly source: ConsoleSource
  readonly pending: () => number
}

export function countedSource(url: string): CountedSource {
  const source = openSource({ redis: { url }, namespace: 'dq', by: 'dq-top:anna@ops' })
  let pending = 0
  const counted = <T extends object>(part: T): T =>
    new Proxy(part, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name, target)
        if (typeof member !== 'function') return member
        return (...args: unknown[]): unknown => {
          const result: unknown = Reflect.apply(member, target, args)
          if (!(result instanceof Promise)) return result
          pending++
          return result.finally(() => pending--)
        }
      },
    })
  return {
    source: {
      ...source,
      reads: counted(source.reads),
      changes: counted(source.changes),
      operations: counted(source.operations),
    },
    pending: () => pending,
  }
}
