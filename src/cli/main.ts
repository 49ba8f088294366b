import { dq } from './app.ts'
import { EXIT } from './exit.ts'

/** A reader that has seen enough, such as `head`, is no failure. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(EXIT.ok)
})

const code = await dq(process.argv.slice(2), {
  out: process.stdout,
  err: process.stderr,
  input: process.stdin,
  env: process.env,
  cwd: process.cwd(),
})
// A producer that still writes to us, or a connection that is being tried again, would keep this process alive.
process.exit(code)
