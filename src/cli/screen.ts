import { visible, visibleJson } from './text.ts'
import type { Output, World } from './world.ts'

/** Where a command writes. Results go to standard output; what is said about them goes to standard error. */
export class Screen {
  readonly #out: Output
  readonly #bold: boolean
  readonly err: Output
  /** Print JSON instead of text for people. */
  readonly json: boolean

  constructor({ out, err, env }: World, json: boolean) {
    this.#out = out
    this.err = err
    this.json = json
    this.#bold = out.isTTY === true && !env['NO_COLOR']
  }

  /** Columns of the terminal; undefined when there is none and lines may be of any length. */
  get columns(): number | undefined {
    return this.#out.isTTY ? this.#out.columns : undefined
  }

  /** Text that is safe already: our own, or made by `say`. */
  print(text: string): void {
    this.#out.write(`${text}\n`)
  }

  printJson(value: unknown): void {
    this.#out.write(`${visibleJson(value, this.#out.isTTY ? 2 : undefined)}\n`)
  }

  /** One of many values: each on its own line, whoever reads them. */
  printJsonLine(value: unknown): void {
    this.#out.write(`${visibleJson(value)}\n`)
  }

  /** One line on standard error, whatever it contains. */
  note(text: string): void {
    this.err.write(`${visible(text)}\n`)
  }

  /** Resolves once the reader has taken all that was written, so that nothing piles up or is lost at the end. */
  async flush(): Promise<void> {
    await Promise.all(
      [this.#out, this.err].map((stream) => new Promise((resolve) => stream.write('', () => resolve(true)))),
    )
  }

  heading(text: string): string {
    return this.#bold ? `\x1b[1m${text}\x1b[22m` : text
  }
}
