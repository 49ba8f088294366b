// Finds, or installs with the system's package manager, the programs that are not npm packages.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { giveUp, run } from './run.mjs'

const USUAL_FOLDERS = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin', '/opt/local/bin', '/snap/bin']
const OLDEST_REDIS = 7

const TOOLS = {
  'redis-server': { apt: 'redis-server', brew: 'redis', asks: 'Redis 7.0 or newer', find: findRedisServer },
  openssl: { apt: 'openssl', brew: 'openssl', asks: 'openssl', find: () => findProgram('openssl') },
  tmux: { apt: 'tmux', brew: 'tmux', asks: 'tmux', find: () => findProgram('tmux') },
  prometheus: { apt: 'prometheus', brew: 'prometheus', asks: 'Prometheus', find: () => findProgram('prometheus') },
  'systemd-analyze': { apt: 'systemd', asks: 'systemd-analyze', find: () => findProgram('systemd-analyze') },
}

const searchPath = () => (process.env.PATH ?? '').split(delimiter).filter(Boolean)
const inFolders = (folders, program) => folders.map((folder) => join(folder, program)).filter(isProgram)
const onPath = (program) => inFolders(searchPath(), program)[0]
const candidates = (program) => inFolders([...searchPath(), ...USUAL_FOLDERS], program)

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false // absent or not executable: the only two answers of accessSync that matter here
  }
}

/** The first redis-server of version 7.0 or newer on PATH, then in the usual folders; undefined when there is none. */
export function findRedisServer() {
  return candidates('redis-server').find((file) => {
    const { stdout } = spawnSync(file, ['--version'], { encoding: 'utf8' })
    return Number(/v=(\d+)/.exec(stdout ?? '')?.[1]) >= OLDEST_REDIS
  })
}

/** The first program of that name on PATH, then in the usual folders; undefined when there is none. */
export const findProgram = (name) => candidates(name)[0]

/**
 * Makes sure that the named tools exist, installing them where that is possible.
 * @param wishes tools that it can go without.
 * @returns the folders to put in front of PATH, so that each name means the program that was found.
 */
export async function needTools(names, wishes = []) {
  const missing = (wanted = names) => wanted.filter((name) => !TOOLS[name].find())
  if (missing().length > 0) await installTools(missing())
  if (missing(wishes).length > 0) await installTools(missing(wishes))
  if (missing().length > 0)
    giveUp(
      `Please install ${missing()
        .map((name) => TOOLS[name].asks)
        .join(' and ')}, then try again.`,
    )
  return names
    .map((name) => ({ name, file: TOOLS[name].find() }))
    .filter(({ name, file }) => onPath(name) !== file)
    .map(({ file }) => dirname(file))
}

async function installTools(names) {
  const [brew] = candidates('brew')
  if (process.platform === 'darwin' && brew) {
    console.log(`Installing ${names.join(' and ')} with Homebrew…`)
    await run(brew, ['install', ...names.map((name) => TOOLS[name].brew)])
    return
  }
  const [apt] = candidates('apt-get')
  const asRoot = rootPrefix()
  if (!apt || !asRoot) return
  console.log(`Installing ${names.join(' and ')} with apt-get…`)
  await aptInstall(
    asRoot,
    apt,
    names.map((name) => TOOLS[name].apt),
  )
}

/** How to run a command as root here: nothing for root, sudo where it needs no password or someone can type one. */
function rootPrefix() {
  if (process.getuid?.() === 0) return []
  const [sudo] = candidates('sudo')
  if (!sudo) return undefined
  const silent = spawnSync(sudo, ['-n', 'true'], { stdio: 'ignore' }).status === 0
  return silent || process.stdin.isTTY ? [sudo] : undefined
}

/** Debian starts a service when its package is installed, unless this file forbids it. */
const POLICY = '/usr/sbin/policy-rc.d'

async function aptInstall(asRoot, apt, packages) {
  const root = (...command) => {
    const [program, ...args] = [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', ...command]
    return run(program, args, { stdio: ['inherit', 'ignore', 'inherit'] })
  }
  const hadPolicy = existsSync(POLICY)
  if (!hadPolicy) await root('sh', '-c', `printf '#!/bin/sh\\nexit 101\\n' > ${POLICY} && chmod 755 ${POLICY}`)
  try {
    await root(apt, 'update', '-qq')
    await root(apt, 'install', '-y', '-qq', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', ...packages)
  } finally {
    if (!hadPolicy) await root('rm', '-f', POLICY)
  }
  const services = packages.filter((name) => name === 'redis-server' || name === 'prometheus')
  if (services.length > 0 && candidates('systemctl')[0])
    await root('sh', '-c', `systemctl disable ${services.join(' ')} 2>/dev/null || true`)
}
