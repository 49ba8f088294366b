import { createInterface } from 'node:readline/promises'
import { UsageError } from './exit.ts'
import { visible } from './text.ts'
import type { Input, Output } from './world.ts'

/** Asks on the terminal; anything but `y` or `yes` is a no. @throws UsageError where there is nobody to ask. */
export async function confirm(input: Input, err: Output, question: string): Promise<boolean> {
  if (!input.isTTY || !err.isTTY)
    throw new UsageError(
      'there is no terminal to confirm this on; add --yes to do it, or --dry-run to see what it would do',
    )
  const dialog = createInterface({ input, output: err })
  try {
    return /^y(es)?$/i.test((await dialog.question(`${visible(question)} [y/N] `)).trim())
  } finally {
    dialog.close()
  }
}
