import { readFileSync } from 'node:fs'
import { Connecting } from './connect.ts'
import { EXIT, exitCodeOf, messagesOf } from './exit.ts'
import { parse } from './program.ts'
import { Screen } from './screen.ts'
import { runTop } from './top.ts'
import type { World } from './world.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

async function runCommand(argv: readonly string[], world: World): Promise<number> {
  // The help and the version of `dq top` are those of the console.
  if (argv[0] === 'top') return runTop(argv.slice(1))
  const asked = await parse(argv, version)
  if (asked === undefined) return EXIT.ok
  const connecting = new Connecting(asked.args, world)
  try {
    return await asked.command.run({
      args: asked.args,
      argv,
      screen: new Screen(world, asked.json),
      input: world.input,
      open: () => connecting.open(),
    })
  } finally {
    await connecting.close()
  }
}

/** Runs one `dq` command. Never throws: what goes wrong is a line on standard error. @returns the exit code. */
export async function dq(argv: readonly string[], world: World): Promise<number> {
  const screen = new Screen(world, false)
  let code: number
  try {
    code = await runCommand(argv, world)
  } catch (error) {
    for (const message of messagesOf(error)) screen.note(`dq: ${message}`)
    code = exitCodeOf(error)
  }
  await screen.flush()
  return code
}
