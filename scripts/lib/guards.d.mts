export interface Guard {
  /** From the root of the repository. */
  readonly file: string
  readonly line: number
  readonly words: string
  /** The file without this guard. */
  readonly mutant: string
  readonly tests: readonly string[]
}

export function withoutGuard(code: string, words: string): string
export function findGuards(): Guard[]
