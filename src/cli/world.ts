/** A stream that is written to: standard output, standard error, or what a test reads. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }
/** `fd` is the descriptor of a redirected file or pipe. */
export type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean; readonly fd?: number }

/** Everything around a command that is not Redis. */
export interface World {
  readonly out: Output
  readonly err: Output
  readonly input: Input
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
}
