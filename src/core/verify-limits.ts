import { type Look, scan } from './verify-look.ts'

/** Keys of one kind that scripts complete by themselves: the lines and the slots of limits. */
async function* keysUnder({ redis }: Look, prefix: string): AsyncGenerator<string> {
  let cursor = '0'
  const pattern = `${prefix.replaceAll(/[\\*?[\]^]/g, '\\$&')}*`
  do {
    const [next, found] = (await redis.call('SCAN', cursor, 'MATCH', pattern, 'COUNT', 1_000)) as [string, string[]]
    cursor = next
    yield* found
  } while (cursor !== '0')
}

/** What waits against the lines in which it waits, and the lines against the times at which they are asked again. */
async function checkLines(look: Look): Promise<void> {
  const { redis, keys } = look
  const waiting = new Map<string, string>()
  for await (const [id, where] of scan(redis, 'HSCAN', keys.limited)) waiting.set(id, where.split('<', 1)[0]!)
  const ready = new Set<string>()
  for (const [letter, key] of [
    ['h', keys.ready_high],
    ['d', keys.ready_default],
    ['l', keys.ready_low],
  ] as const)
    for await (const [base] of scan(redis, 'ZSCAN', key)) ready.add(`${letter}:${base}`)
  const lines = new Set<string>()
  for await (const key of keysUnder(look, `${keys.limits}line:`)) {
    const line = key.slice(`${keys.limits}line:`.length)
    lines.add(line)
    if (!ready.has(line)) look.report(`the line of limit ${line} is never asked`)
    for await (const [id] of scan(redis, 'ZSCAN', key)) {
      if (waiting.get(id) !== line) look.report(`${id} stands in the line of limit ${line}, but does not wait there`)
      waiting.delete(id)
    }
  }
  for (const [id, where] of waiting) look.note('places', id, `task ${id} waits under ${where}, but is not in its line`)
  for (const line of ready) if (!lines.has(line)) look.report(`limit ${line} is to be asked, but nothing waits there`)
}

/** Slots against what runs. */
async function checkSlots(look: Look, places: ReadonlyMap<string, readonly string[]>): Promise<void> {
  for await (const key of keysUnder(look, `${look.keys.limits}slots:`))
    for (const id of (await look.redis.call('SMEMBERS', key)) as string[])
      if (places.get(id)?.[0] !== 'active')
        look.report(`${id} has a slot of limit ${key.slice(`${look.keys.limits}slots:`.length)}, but does not run`)
}

/** The books of limits. */
export async function checkLimits(look: Look, places: ReadonlyMap<string, readonly string[]>): Promise<void> {
  await checkLines(look)
  await checkSlots(look, places)
}
