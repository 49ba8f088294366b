// Adds to package-lock.json the optional packages of other platforms that npm left out of it.
// A registry mirror that lacks one of them makes npm write a lockfile without it, and `npm ci` then refuses that lockfile on
// every machine. The added entries carry no checksum; `npm install` on a full registry fills it in.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './lib/project.mjs'

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']

/** The platform that a package is for, read from its name, such as `@scope/binding-linux-x64-musl`. */
function platformOf(name) {
  const words = name.split('/').at(-1).split(/[-.]/)
  const os = words.find((word) => SYSTEMS.includes(word))
  const cpu = words.find((word) => PROCESSORS.includes(word))
  if (!cpu) throw new Error(`${name} does not say which platform it is for`)
  const libc = os === 'linux' && /gnu|musl/.test(name) && { libc: [/musl/.test(name) ? 'musl' : 'glibc'] }
  return { cpu: [cpu], ...libc, ...(os && { os: [os] }) }
}

/** The order in which npm writes, so that its next run changes nothing. */
const byKey = (object) => Object.fromEntries(Object.entries(object).toSorted(([a], [b]) => a.localeCompare(b, 'en')))

const file = join(ROOT, process.argv[2] ?? '.', 'package-lock.json')
const lock = JSON.parse(readFileSync(file, 'utf8'))
const added = []
for (const entry of Object.values(lock.packages))
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`
    if (lock.packages[path]) continue
    if (!/^\d/.test(version)) throw new Error(`${name} is asked for as ${version}; only an exact version can be added`)
    const facts = { ...platformOf(name), ...(entry.dev && { dev: true }), optional: true }
    lock.packages[path] = { version, ...byKey(facts) }
    added.push(`${name}@${version}`)
  }
lock.packages = byKey(lock.packages)
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
console.log(added.length > 0 ? `Added ${added.join(', ')}` : 'The lockfile is complete.')
