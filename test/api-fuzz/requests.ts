import { z } from 'zod'
import { ROUTES } from '../../src/daemon/api/routes.ts'
import type { Route } from '../../src/daemon/api/route.ts'
import type { Dice } from './dice.ts'
import { bytesOf, type HttpRequest, type Shot } from './shot.ts'
import { ALLOWED, anId, hostileFor, hostileText, hostileValue, QUEUES, SCHEDULES } from './values.ts'

/** Keys of every role, with which a request may come. */
export interface Keys {
  readonly admin: string
  readonly viewer: string
  readonly producer: string
  readonly operator: string
  /** A producer of one queue. */
  readonly own: string
}

type Body = Record<string, unknown>

interface Draft {
  method: string
  path: string
  query: [string, string][]
  body: unknown
  headers: [string, string][]
  isRefused: boolean
}

const isObject = (value: unknown): value is Body => typeof value === 'object' && value !== null && !Array.isArray(value)

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** Fields that are never the same twice would fill Redis with schedules. */
const isSchedule = ({ path }: Route): boolean => path.includes('schedule')

function bodyOf(route: Route, dice: Dice): unknown {
  const given = structuredClone(route.example?.body ?? {})
  const varied = (part: unknown): unknown => {
    if (!isObject(part)) return part
    for (const name of Object.keys(part)) {
      const allowed = ALLOWED[name]
      if (allowed !== undefined && name !== 'rate' && dice.oneIn(2)) part[name] = allowed(dice)
    }
    if (!isSchedule(route) && 'type' in part && 'payload' in part) {
      if (dice.oneIn(2)) part['id'] = anId(dice)
      const name = dice.pick(['delay_ms', 'max_retries', 'id', 'idempotency_key', 'unique', 'depends_on', 'limit_key'])
      part[name] = ALLOWED[name]!(dice)
    }
    return part
  }
  if (Array.isArray(given)) return given.map(varied)
  if (isObject(given) && Array.isArray(given['nodes'])) {
    for (const node of given['nodes'] as Body[]) varied(node['task'])
    return given
  }
  if (route.path.includes('/dlq/') && dice.oneIn(2) && !route.path.endsWith('undo'))
    return { queue: dice.pick(QUEUES), filter: ALLOWED['filter']!(dice), dry_run: dice.oneIn(2) }
  return varied(given)
}

/** A request as a client of good will would send it. */
function draftOf(dice: Dice, key: string): Draft {
  const route = dice.pick(ROUTES)
  const params: Record<string, string> = {
    id: anId(dice),
    queue: dice.pick(QUEUES),
    name: dice.pick(SCHEDULES),
  }
  const path = route.path.replaceAll(/:(\w+)/g, (_, name: string) => params[name]!)
  const names = route.query instanceof z.ZodObject ? Object.keys(route.query.shape) : []
  const query = names
    .filter((name) => dice.oneIn(name === 'cursor' ? 4 : 2))
    .map((name): [string, string] => [name, textOf(ALLOWED[name]?.(dice) ?? 'x')])
  const body = route.body === undefined ? undefined : bodyOf(route, dice)
  return { method: route.method, path, query, body, headers: [['X-API-Key', key]], isRefused: false }
}

function mutateBody(draft: Draft, dice: Dice): void {
  if (Array.isArray(draft.body) && dice.oneIn(2)) draft.body[dice.below(draft.body.length)] = hostileValue(dice)
  else if (isObject(draft.body)) {
    const target = isObject(draft.body['task']) ? draft.body['task'] : draft.body
    const names = [...Object.keys(target), ...(dice.oneIn(3) ? Object.keys(ALLOWED) : [])]
    const name = dice.oneIn(8) ? hostileText(dice) : (names[dice.below(names.length)] ?? 'type')
    if (dice.oneIn(6)) delete target[name]
    else target[name] = hostileFor(dice, name)
  } else draft.body = hostileValue(dice)
}

const MUTATIONS: readonly ((draft: Draft, dice: Dice) => void)[] = [
  mutateBody,
  mutateBody,
  mutateBody,
  (draft, dice) => {
    const [name] = draft.query[0] ?? [dice.pick(['queue', 'limit', 'cursor', 'state', 'id', '__proto__'])]
    draft.query.push([name, hostileText(dice)])
  },
  (draft, dice) => {
    draft.query = draft.query.map(([name]) => [name, textOf(hostileFor(dice, name))])
  },
  (draft, dice) => {
    const parts = draft.path.split('/')
    parts[dice.between(1, parts.length - 1)] = encodeURIComponent(hostileText(dice).toWellFormed())
    draft.path = parts.join('/')
  },
  (draft, dice) => {
    draft.method = dice.pick(['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'])
  },
  (draft, dice) => {
    const name = dice.pick([
      'Idempotency-Key',
      'Accept',
      'User-Agent',
      'X-Forwarded-For',
      'If-Match',
      'Cookie',
      'Range',
    ])
    draft.headers.push([
      name,
      hostileText(dice)
        .replaceAll(/[\r\n\0]/g, ' ')
        .slice(0, 4_000),
    ])
  },
]

const WRONG_KEYS = [
  '',
  'k3y',
  'dq_nobody_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
  'Bearer',
  '\u00ff\u00fe',
  'x'.repeat(3_000),
]

/** No key, a wrong one, or a right one where it does not belong. */
function withoutKey(draft: Draft, dice: Dice, keys: Keys): void {
  draft.isRefused = true
  const [good] = Object.values(keys) as [string]
  switch (dice.below(6)) {
    case 0:
      draft.headers = []
      return
    case 1:
      draft.headers = [['Authorization', `Basic ${good}`]]
      return
    case 2:
      draft.headers = [['Cookie', `x-api-key=${good}`]]
      draft.query.push(['api_key', 'not-one'])
      return
    case 3:
      draft.headers = [['X-API-Key', good.slice(0, -1)]]
      return
    case 4:
      draft.headers = [['Authorization', `Bearer ${good.toUpperCase()}x`]]
      return
    default:
      draft.headers = [[dice.pick(['X-API-Key', 'Authorization']), dice.pick(WRONG_KEYS)]]
  }
}

/** Hosts and origins as web pages of somebody else would send them. */
function fromElsewhere(draft: Draft, dice: Dice): string {
  draft.isRefused = true
  const evil = dice.pick([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.nip.io',
    '[::1',
    '@127.0.0.1',
    'a b',
    '0x7f.1',
  ])
  if (dice.oneIn(2)) return evil
  draft.headers.push(
    dice.pick([
      ['Origin', `http://${evil}`],
      ['Origin', 'null'],
      ['Sec-Fetch-Site', 'cross-site'],
    ]),
  )
  return 'localhost'
}

function pathOf({ path, query }: Draft): string {
  const encoded = query.map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value.toWellFormed())}`,
  )
  return query.length === 0 ? path : `${path}?${encoded.join('&')}`
}

/** Requests that are HTTP, with what is wrong in them, if anything is, inside. */
export function requestShot(dice: Dice, keys: Keys, how: 'valid' | 'mutated' | 'no key' | 'foreign'): Shot {
  const role = dice.oneIn(2) ? 'admin' : dice.pick(Object.keys(keys) as (keyof Keys)[])
  const draft = draftOf(dice, keys[role])
  if (how === 'mutated') for (let n = dice.between(1, 3); n > 0; n--) dice.pick(MUTATIONS)(draft, dice)
  if (how === 'no key') withoutKey(draft, dice, keys)
  const host = how === 'foreign' ? fromElsewhere(draft, dice) : 'localhost'
  const body = draft.body === undefined ? undefined : Buffer.from(JSON.stringify(draft.body))
  const type: [string, string][] = body === undefined ? [] : [['Content-Type', 'application/json']]
  const request: HttpRequest = {
    method: draft.method,
    path: pathOf(draft),
    headers: [['Host', host], ...draft.headers, ...type],
    body,
  }
  const changes = draft.method !== 'GET' && draft.method !== 'HEAD'
  return {
    bytes: bytesOf(request),
    asked: { method: request.method, path: request.path },
    isRefused: draft.isRefused || (role === 'viewer' && changes),
    connection: 'kept',
  }
}
