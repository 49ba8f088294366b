/** Longer than any jump of clocks, and how far beside a time the offsets before and after one are looked up. */
const JUMP_MS = 3 * 3_600_000
const BESIDE_MS = 26 * 3_600_000

/** Clocks change at whole quarters of an hour; looking up an offset takes longer than finding a slot. */
const QUARTER_MS = 900_000
const KNOWN_MOST = 1_000

const OFFSET = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/

/** The clocks of one IANA time zone. `wallMs` is what they show, as if it were UTC. */
export class Zone {
  readonly isUtc: boolean
  readonly #format: Intl.DateTimeFormat
  readonly #known = new Map<number, number>()

  /** @throws RangeError for a name that is none. */
  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
    this.isUtc = this.#format.resolvedOptions().timeZone === 'UTC'
  }

  /** How far the clocks are ahead of UTC at a time. */
  offsetMs(atMs: number): number {
    if (this.isUtc) return 0
    const quarter = Math.floor(atMs / QUARTER_MS)
    const known = this.#known.get(quarter)
    if (known !== undefined) return known
    if (this.#known.size >= KNOWN_MOST) this.#known.clear()
    const offsetMs = this.#lookUp(quarter * QUARTER_MS)
    this.#known.set(quarter, offsetMs)
    return offsetMs
  }

  #lookUp(atMs: number): number {
    const [, sign, hours = '0', minutes = '0', seconds = '0'] = OFFSET.exec(this.#format.format(atMs)) ?? []
    const ms = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000
    return sign === '-' ? -ms : ms
  }

  /** When the clocks show this: as much later as they jumped when they never do, the first time when they do twice. */
  instantOf(wallMs: number): number {
    const [early, late] = [this.offsetMs(wallMs - BESIDE_MS), this.offsetMs(wallMs + BESIDE_MS)]
    const first = wallMs - early
    if (early === late || this.offsetMs(first) === early) return first
    const second = wallMs - late
    return this.offsetMs(second) === late ? second : first
  }

  /** The earliest that the clocks show at a time, or that `instantOf` moved there from a jump before it. */
  wallFrom(atMs: number): number {
    return atMs + Math.min(this.offsetMs(atMs - JUMP_MS), this.offsetMs(atMs))
  }

  /** When the offset changes first between two times at which it differs. */
  changeBetween(fromMs: number, toMs: number): number {
    const was = this.offsetMs(fromMs)
    let [low, high] = [fromMs, toMs]
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      if (this.offsetMs(middle) === was) low = middle
      else high = middle
    }
    return high
  }
}

const zones = new Map<string, Zone>()

/** @throws RangeError for a name that is none. */
export function zoneOf(timeZone: string): Zone {
  const known = zones.get(timeZone) ?? new Zone(timeZone)
  zones.set(timeZone, known)
  return known
}
