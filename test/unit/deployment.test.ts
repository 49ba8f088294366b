import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { type Config, loadConfig } from '../../src/config.ts'
import { ROOT } from '../helpers/process.ts'

const text = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

interface Resources {
  readonly cpus?: string
  readonly memory?: string
}
interface Service {
  readonly image?: string
  readonly user?: string
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly ports?: readonly string[]
  readonly secrets?: readonly string[]
  readonly volumes?: readonly string[]
  readonly networks?: readonly string[] | Readonly<Record<string, unknown>>
  readonly init?: boolean
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly privileged?: boolean
  readonly network_mode?: string
  readonly restart?: string
  readonly stop_grace_period?: string
  readonly deploy?: { replicas?: string; resources?: { limits?: Resources; reservations?: Resources } }
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly networks: Readonly<Record<string, { internal?: boolean }>>
  readonly secrets?: Readonly<Record<string, { file: string }>>
}

const compose = (file: string): Compose => parse(text(file), { merge: true }) as Compose
const FILES = ['docker-compose.yml', 'docker-compose.prod.yml'].map((file) => ({ file, ...compose(file) }))
const SERVICES = FILES.flatMap(({ file, services }) =>
  Object.entries(services).map(([name, service]) => ({ name: `${name} of ${file}`, service })),
)
const DAEMONS = SERVICES.filter(({ service }) => service.image === 'distributedq')
const PROD = compose('docker-compose.prod.yml')
/** Ends before the others begin, and has no network. */
const isOneShot = ({ network_mode: mode }: Service): boolean => mode === 'none'

/** What the daemon in a container makes of its arguments and variables, where nothing is said in .env. */
function configOf({ command = [], environment = {} }: Service): Config {
  const folder = mkdtempSync(join(tmpdir(), 'dq-secrets-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const inContainer = ([name, value]: readonly [string, string]): [string, string] => {
    if (!name.endsWith('_FILE')) return [name, value.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1')]
    const file = join(folder, name)
    writeFileSync(file, 's3cret')
    return [name, file]
  }
  const env = Object.fromEntries(Object.entries(environment).map(inContainer))
  const [, flag = '', value] = command
  return loadConfig(value === undefined ? {} : { [flag.replace('--', '')]: value }, env, folder)
}

describe('the compose files', () => {
  it.each(SERVICES)('$name gets no more rights than it needs', ({ service }) => {
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] })
    expect(service.privileged).toBe(undefined)
    expect(service.image).not.toMatch(/:latest$|^[^:]+\/[^:]+$/)
    expect(isOneShot(service) || /^[1-9]\d*:\d+$/.test(service.user ?? '')).toBe(true)
    expect(isOneShot(service) || service.restart === 'unless-stopped').toBe(true)
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/)
    for (const volume of service.volumes ?? []) expect(volume).not.toContain('docker.sock')
  })

  it.each(SERVICES)('$name has no secret in its variables or arguments', ({ service }) => {
    const variables = Object.entries(service.environment ?? {})
    const secret = variables.map(([name]) => name).filter((name) => /PASSWORD|KEY|SECRET|TOKEN/.test(name))
    for (const name of secret) expect(name).toMatch(/_FILE$/)
    for (const [, value] of variables) expect(value).not.toMatch(/:\/\/[^/]*:[^/]*@/)
    expect(JSON.stringify(service.command ?? [])).not.toMatch(/--(?:requirepass|password|api-key)/)
  })

  it.each(SERVICES)('$name mounts files that are there, and cannot write to them', ({ service }) => {
    const here = (service.volumes ?? []).filter((volume) => volume.startsWith('./'))
    for (const volume of here) {
      const [source = '', , mode] = volume.split(':')
      expect(mode).toBe('ro')
      expect(source === './handlers' || existsSync(join(ROOT, source)), `${source} is there`).toBe(true)
    }
  })

  it.each(FILES)('$file keeps Redis where nobody else reaches it', ({ services, networks }) => {
    expect(services['redis']).toMatchObject({ networks: ['back'] })
    expect(services['redis']?.ports).toBe(undefined)
    expect(networks['back']).toEqual({ internal: true })
    expect(JSON.stringify(services['prometheus']?.command)).toContain('retention.time=30d')
  })

  it.each(DAEMONS)(
    '$name runs under an init, has its time to end, and only variables that there are',
    ({ service }) => {
      expect(service).toMatchObject({ init: true, stop_grace_period: '45s' })
      expect(configOf(service).warnings).toEqual([])
      for (const name of Object.keys(service.environment ?? {})) expect(text('docs/CONFIG.md')).toContain(`\`${name}\``)
    },
  )
})

describe('docker-compose.prod.yml', () => {
  it('gives every role to somebody', () => {
    const { worker, control } = PROD.services
    const roles = [worker!, control!].flatMap((service) => configOf(service).roles)
    expect(new Set(roles)).toEqual(new Set(loadConfig({}, {}, tmpdir()).roles))
    expect(configOf(control!).apiKey).toBe('s3cret')
  })

  it('has limits and reservations for all, three workers, and every variable in .env.example', () => {
    for (const [name, { deploy }] of Object.entries(PROD.services))
      for (const kind of ['limits', 'reservations'] as const)
        expect(deploy?.resources?.[kind], `${name} ${kind}`).toEqual({
          cpus: expect.stringMatching(/^\d/) as string,
          memory: expect.stringMatching(/\d[mg]\b/) as string,
        })
    expect(PROD.services['worker']?.deploy?.replicas).toBe('${WORKER_REPLICAS:-3}')
    const used = new Set(Array.from(text('docker-compose.prod.yml').matchAll(/\$\{(\w+)/g), ([, name]) => name))
    const shown = new Set(Array.from(text('.env.example').matchAll(/^#?([A-Z_]+)=/gm), ([, name]) => name))
    expect(shown).toEqual(used)
    expect(text('.gitignore')).toMatch(/^\.env$/m)
  })

  it('reads its secrets from files that have to be named', () => {
    const secrets = Object.entries(PROD.secrets ?? {})
    expect(secrets).toHaveLength(4)
    for (const [name, { file }] of secrets) expect(file).toMatch(new RegExp(`^\\$\\{SECRETS:\\?.+\\}/${name}$`))
  })

  it('gives Redis its users and its limit, in a shell that becomes Redis', () => {
    const [shell, flags, script = ''] = PROD.services['redis']?.command ?? []
    expect([shell, flags]).toEqual(['sh', '-euc'])
    const folder = mkdtempSync(join(tmpdir(), 'dq-compose-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    for (const name of ['redis-worker', 'redis-operator']) writeFileSync(join(folder, name), `of-${name}\n`)
    const asInContainer = script
      .replaceAll('$$', '$')
      .replace('${REDIS_MAXMEMORY:-1gb}', '1gb')
      .replace('/run/secrets', folder)
      .replace('/etc/distributedq', join(ROOT, 'deploy/redis'))
      .replace('exec redis-server -', 'exec cat')
    const start = () => spawnSync('sh', ['-euc', asInContainer], { encoding: 'utf8' })
    const { stdout, stderr } = start()
    expect(stderr).toBe('')
    const lines = stdout.trim().split('\n')
    expect(lines).toEqual(expect.arrayContaining(['maxmemory 1gb', 'maxmemory-policy noeviction', 'appendonly yes']))
    const users = lines.filter((line) => line.startsWith('user '))
    expect(users.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
      'user default off',
      'user dq-worker reset',
      'user dq-operator reset',
    ])
    for (const [i, name] of ['redis-worker', 'redis-operator'].entries()) {
      const sha = createHash('sha256').update(`of-${name}`).digest('hex')
      expect(users[i + 1]).toContain(` on #${sha} ~dq:{`)
    }
    expect(stdout).not.toMatch(/of-redis|requirepass/)
    // Rather no Redis than one that is open to all.
    writeFileSync(join(folder, 'redis-worker'), '')
    expect(start()).toMatchObject({ status: 1, stdout: '', stderr: `users.sh: ${folder}/redis-worker is empty\n` })
  })

  it('lets daemons in as dq-worker and people as dq-operator, each with the secret of that user', () => {
    for (const [name, user] of [
      ['worker', 'worker'],
      ['control', 'worker'],
      ['dq', 'operator'],
    ] as const) {
      const { environment, secrets } = PROD.services[name]!
      expect(environment).toMatchObject({
        REDIS_USERNAME: `dq-${user}`,
        REDIS_PASSWORD_FILE: `/run/secrets/redis-${user}`,
      })
      expect(secrets?.filter((secret) => secret.startsWith('redis'))).toEqual([`redis-${user}`])
    }
  })
})

describe('the Dockerfile', () => {
  const lines = text('deploy/docker/Dockerfile')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')))
  const argumentsOf = (word: string, some = last): string[] =>
    some.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1))

  it('builds in one stage and runs in another, as nobody special, with a health check', () => {
    expect(argumentsOf('FROM', lines)).toHaveLength(2)
    expect(argumentsOf('USER')).toEqual(['10001:10001'])
    expect(JSON.parse(argumentsOf('ENTRYPOINT')[0]!)).toEqual(['node', '/app/bin/dq-daemon.js'])
    expect(argumentsOf('HEALTHCHECK')[0]).toMatch(/CMD \["node", "\/app\/bin\/dq-daemon\.js", "health"\]$/)
    expect(argumentsOf('ADD', lines)).toEqual([])
    for (const setting of argumentsOf('ENV', lines)) expect(setting).not.toMatch(/KEY|PASSWORD|TOKEN|SECRET/)
  })

  it('copies what is there', () => {
    const sources = argumentsOf('COPY', lines)
      .filter((copied) => !copied.startsWith('--from'))
      .flatMap((copied) => copied.split(' ').slice(0, -1))
    expect(sources).toContain('package-lock.json')
    for (const source of sources) expect(existsSync(join(ROOT, source)), `${source} is there`).toBe(true)
  })
})
