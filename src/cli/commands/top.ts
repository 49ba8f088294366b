import type { Command } from '../command.ts'
import { runTop } from '../top.ts'

export const top: Command = {
  name: 'top',
  about: 'Open the console, dq-top, with the same options',
  passesArguments: true,
  run: ({ argv }) => runTop(argv.toSpliced(argv.indexOf('top'), 1)),
}
