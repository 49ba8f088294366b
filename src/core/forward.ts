import { parseRef } from './depend.ts'
import type { FlowCalls, Notice, Relation } from './flow-calls.ts'
import { type QueueKeys, queueKeys } from './keys.ts'
import type { RedisClient } from './redis.ts'

export interface ForwardContext {
  readonly redis: RedisClient
  readonly calls: FlowCalls
  readonly namespace: string
}

/** How a task ended, as its queue keeps it until everybody was told; see `lua/lib/dependants.lua`. */
interface Fact {
  readonly id: string
  readonly text: string
  readonly outcome: 'done' | 'dead' | 'gone' | 'new'
  readonly mark: string
  /** As `queue/id`. */
  children: readonly string[]
  parents: readonly string[]
}

/** Facts of one pass, about. */
const PAGE = 200
/** Without any fact: a table that was large has many before it shrinks. */
const EMPTY_PAGES_MOST = 100
const CHILDREN_PAGE = 1_000

/** What a task depends on: its record in `parents` without the words before. */
export const refsOf = (text: string | null): string[] => text?.split(' ').slice(2) ?? []

const toldOf = (id: string, text: string): Fact => {
  const [outcome = '', mark = '0'] = text.split(' ')
  return { id, text, outcome: outcome as Fact['outcome'], mark, children: [], parents: [] }
}

async function childrenOf(redis: RedisClient, key: string): Promise<string[]> {
  const children: string[] = []
  let cursor = '0'
  do {
    const [next, page] = (await redis.call('SSCAN', key, cursor, 'COUNT', CHILDREN_PAGE)) as [string, string[]]
    children.push(...page)
    cursor = next
  } while (cursor !== '0')
  return children
}

/** The next facts, and where those after them begin: an empty page is not the end. */
async function factsFrom(redis: RedisClient, key: string, from: string): Promise<{ facts: Fact[]; next: string }> {
  let next = from
  for (let page = 0; page < EMPTY_PAGES_MOST; page++) {
    const [cursor, flat] = (await redis.call('HSCAN', key, next, 'COUNT', PAGE)) as [string, string[]]
    next = cursor
    const facts = flat.flatMap((id, i) => (i % 2 === 0 ? [toldOf(id, flat[i + 1]!)] : []))
    if (facts.length > 0 || next === '0') return { facts, next }
  }
  return { facts: [], next }
}

async function readFacts(redis: RedisClient, keys: QueueKeys, from: string): Promise<{ facts: Fact[]; next: string }> {
  const { facts, next: after } = await factsFrom(redis, keys.outbox, from)
  const replies = (await redis.batch(
    facts.flatMap(({ id }) => [
      ['HGET', keys.parents, id],
      ['SSCAN', keys.children + id, '0', 'COUNT', PAGE],
    ]),
  )) as (string | null | [string, string[]])[]
  for (const [i, fact] of facts.entries()) {
    fact.parents = refsOf(replies[2 * i] as string | null)
    const [next, page] = replies[2 * i + 1] as [string, string[]]
    if (fact.outcome === 'new') continue
    // Ids sort by time: who came first stands in line first.
    fact.children = (next === '0' ? page : await childrenOf(redis, keys.children + fact.id)).toSorted()
  }
  return { facts, next: after }
}

/** What is to be done in one queue, and for which facts. */
class Tray<T> {
  readonly #byQueue = new Map<string, { items: T[]; facts: Fact[] }>()

  put(queue: string, item: T, fact: Fact): void {
    let tray = this.#byQueue.get(queue)
    if (tray === undefined) this.#byQueue.set(queue, (tray = { items: [], facts: [] }))
    tray.items.push(item)
    tray.facts.push(fact)
  }

  /** A queue that cannot be reached holds up only what concerns it. @returns the errors, and the facts held up. */
  async send(
    work: (queue: string, items: readonly T[], facts: readonly Fact[]) => Promise<void>,
  ): Promise<{ errors: unknown[]; held: Set<Fact> }> {
    const errors: unknown[] = []
    const held = new Set<Fact>()
    for (const [queue, { items, facts }] of this.#byQueue)
      try {
        await work(queue, items, facts)
      } catch (error) {
        errors.push(error)
        for (const fact of facts) held.add(fact)
      }
    return { errors, held }
  }
}

/** Whom a fact concerns: the children of a task that ended, and the parents of one that asks for them, or has left. */
function sortOut(queue: string, facts: readonly Fact[]): { notices: Tray<Notice>; relations: Tray<Relation> } {
  const notices = new Tray<Notice>()
  const relations = new Tray<Relation>()
  for (const fact of facts) {
    const { id, outcome, mark } = fact
    const self = `${queue}/${id}`
    if (outcome !== 'new')
      for (const child of fact.children) {
        const to = parseRef(child)
        notices.put(to.queue, { parent: self, outcome, mark, id: to.id }, fact)
      }
    const hasLeft = outcome === 'done' || outcome === 'gone'
    for (const ref of fact.parents) {
      const parent = parseRef(ref)
      // Parents of the same queue knew of it from the beginning.
      if (hasLeft || parent.queue !== queue)
        relations.put(parent.queue, { sign: hasLeft ? '-' : '+', parent: parent.id, child: self }, fact)
    }
  }
  return { notices, relations }
}

/** Notes the relations in the queue of the parents, and tells children of parents that are over already. */
export async function relateAndTell(
  { calls }: Pick<ForwardContext, 'calls'>,
  parentQueue: string,
  relations: readonly Relation[],
  /** What a child is told of a parent that nobody knows. By default nothing: the parent may be yet to come. */
  whenUnknown: (relation: Relation) => 'gone' | undefined = () => undefined,
): Promise<void> {
  const answers = await calls.relate(parentQueue, relations)
  const byQueue = new Map<string, Notice[]>()
  relations.forEach((relation, i) => {
    const { outcome, mark } = answers[i]!
    if (relation.sign === '-' || outcome === 'live') return
    const told = outcome === 'unknown' ? whenUnknown(relation) : outcome
    if (told === undefined) return
    const child = parseRef(relation.child)
    const notice = { parent: `${parentQueue}/${relation.parent}`, outcome: told, mark, id: child.id }
    const list = byQueue.get(child.queue)
    if (list === undefined) byQueue.set(child.queue, [notice])
    else list.push(notice)
  })
  for (const [queue, notices] of byQueue) await calls.unblock(queue, notices)
}

/**
 * Brings what a queue has in its outbox to whom it concerns, and then takes it out. Every step may be made twice, and by
 * several at once: whatever ends in the middle of it is begun anew.
 * @param from where a pass before ended. @returns where the next one begins; `0` when all was looked at.
 * @throws the first error of a queue that could not be told, after all others were.
 */
export async function forwardOnce(context: ForwardContext, queue: string, from = '0'): Promise<string> {
  const { redis, calls, namespace } = context
  const { facts, next } = await readFacts(redis, queueKeys(namespace, queue, 'outbox'), from)
  if (facts.length === 0) return next
  const { notices, relations } = sortOut(queue, facts)
  const told = await notices.send((to, items) => calls.unblock(to, items))
  const related = await relations.send((to, items) => relateAndTell(context, to, items))
  const done = facts.filter((fact) => !told.held.has(fact) && !related.held.has(fact))
  await calls.forwarded(
    queue,
    done.map(({ id, text }) => [id, text] as const),
  )
  const errors = [...told.errors, ...related.errors]
  if (errors.length > 0) throw errors[0]
  return next
}
