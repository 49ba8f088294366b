import type { NewTaskItem } from '../../core/client.ts'

/** A task and how it has to end. */
export interface Planned {
  readonly item: NewTaskItem & { readonly queue: string }
  readonly ends: 'completed' | 'dead'
  /** Attempts it takes. */
  readonly attempts: number
}

const NAMES = ['anna', 'ben', 'clara', 'david', 'eva', 'felix', 'greta', 'hugo', 'ida', 'jonas']
const TEMPLATES = ['welcome', 'receipt', 'reset-password', 'newsletter']
/** The default policy: three retries after the first attempt. */
const ALL_ATTEMPTS = 4

const pick = <T>(from: readonly T[], at: number): T => from[at % from.length]!

function email(n: number): Planned {
  const bounces = n % 27 === 13
  const refusals = bounces ? 0 : n % 18 === 5 ? 2 : n % 6 === 1 ? 1 : 0
  const host = bounces ? 'nowhere.invalid' : refusals > 0 ? `busy${refusals}.example` : 'mail.example'
  return {
    item: {
      type: 'email',
      payload: { to: `${pick(NAMES, n)}.${n}@${host}`, template: pick(TEMPLATES, n) },
      queue: 'mail',
      priority: 'high',
      idempotencyKey: `mail-${n}`,
    },
    ends: bounces ? 'dead' : 'completed',
    attempts: refusals + 1,
  }
}

function thumbnail(n: number): Planned {
  const broken = n % 50 === 20
  return {
    item: {
      type: 'thumbnail',
      payload: { file: `upload-${n}.${broken ? 'broken' : 'jpg'}`, width: pick([120, 240, 480], n) },
      queue: 'media',
      priority: 'low',
    },
    ends: broken ? 'dead' : 'completed',
    attempts: 1,
  }
}

function invoice(n: number): Planned {
  const wrong = n % 12 === 7
  return {
    item: {
      type: 'invoice',
      payload: { customer: pick(NAMES, n), cents: wrong ? -100 - n : 1_000 + n * 37 },
      queue: 'default',
      priority: 'default',
    },
    ends: wrong ? 'dead' : 'completed',
    attempts: wrong ? ALL_ATTEMPTS : 1,
  }
}

const report = (n: number): Planned => ({
  item: {
    type: 'report',
    payload: { month: `2026-${String((n % 12) + 1).padStart(2, '0')}`, rows: 8_000 + (n % 10) * 1_500 },
    queue: 'default',
    priority: 'default',
  },
  ends: 'completed',
  attempts: 1,
})

const cleanup = (n: number): Planned => ({
  item: {
    type: 'cleanup',
    payload: { folder: `/tmp/session-${n}` },
    queue: 'default',
    priority: 'low',
    delay: 2_000 + (n % 13) * 500,
  },
  ends: 'completed',
  attempts: 1,
})

const MAKERS = { email, thumbnail, invoice, report, cleanup }
type Kind = keyof typeof MAKERS

const COUNTS: Readonly<Record<Kind, number>> = { thumbnail: 150, email: 110, invoice: 60, report: 10, cleanup: 30 }

/** The work of the demo, mixed as it would arrive. */
export function makePlan(counts: Readonly<Record<Kind, number>> = COUNTS): Planned[] {
  const all = Object.entries(counts) as [Kind, number][]
  const mixed = all.flatMap(([kind, most]) =>
    Array.from({ length: most }, (_, n) => ({ at: (n + 0.5) / most, planned: MAKERS[kind](n) })),
  )
  return mixed.toSorted((a, b) => a.at - b.at).map(({ planned }) => planned)
}

/** An endless mix of the same, for watching. */
export function* makeStream(): Generator<Planned> {
  const kinds: readonly Kind[] = [
    'thumbnail',
    'email',
    'thumbnail',
    'invoice',
    'email',
    'cleanup',
    'thumbnail',
    'report',
  ]
  for (let n = 1_000; ; n++) yield MAKERS[pick(kinds, n)](n)
}
