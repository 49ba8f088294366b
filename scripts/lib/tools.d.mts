/** The first redis-server of version 7.0 or newer on PATH, then in the usual folders; undefined when there is none. */
export function findRedisServer(): string | undefined

/** The first program of that name on PATH, then in the usual folders; undefined when there is none. */
export function findProgram(name: string): string | undefined
