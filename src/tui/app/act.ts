import type { ConsoleChanges, ConsoleSource } from '../source/source.ts'
import type { Act, Change } from '../state/plan.ts'
import { plural } from '../text/format.ts'
import { safeLine, say } from '../text/safe.ts'
import type { Result } from './result.ts'

type Single = Exclude<Act, { sets: unknown } | { kind: 'operate' | 'steer' }>
type Verbs = Pick<ConsoleSource, 'changes' | 'operations'>
type Edit = Extract<Act, { kind: 'edit' }>
type Enqueue = Extract<Act, { kind: 'enqueue' }>
type Pause = Extract<Act, { kind: 'pause' | 'resume' }>
type Enable = Extract<Act, { kind: 'enable' }>
type Quiet = Extract<Act, { kind: 'quiet' }>

async function pauseOrResume(changes: ConsoleChanges, { kind, queue }: Pause): Promise<Result> {
  const name = safeLine(queue)
  const outcome = kind === 'pause' ? await changes.pause(queue) : await changes.resume(queue)
  if (outcome === 'unchanged') {
    const state = kind === 'pause' ? say`paused` : say`running`
    return { text: say`${name} was ${state} already`, tone: 'plain' }
  }
  const verb = kind === 'pause' ? say`pause` : say`resume`
  const change: Change = { kind, queue, label: say`${verb} of ${name}` }
  return {
    text: outcome === 'paused' ? say`${name} is paused` : say`${name} is running again`,
    tone: 'good',
    change,
  }
}

async function quiet(changes: ConsoleChanges, { worker, on }: Quiet): Promise<Result> {
  const isOther = await changes.quiet(worker, on)
  const name = safeLine(worker)
  const what = on ? say`will take no new tasks` : say`will take tasks again`
  const change: Change = { kind: 'quiet', worker, on, label: on ? say`quiet ${name}` : say`wake ${name}` }
  return { text: say`${name} ${what} from its next heartbeat on`, tone: 'good', ...(isOther ? { change } : {}) }
}

const noSchedule = (name: string): Result => ({
  text: say`there is no schedule ${safeLine(name)} any more`,
  tone: 'warn',
})

async function enable(changes: ConsoleChanges, { schedule, on }: Enable): Promise<Result> {
  const name = safeLine(schedule)
  if ((await changes.enableSchedule(schedule, on)) === undefined) return noSchedule(schedule)
  const change: Change = { kind: 'enable', schedule, on, label: on ? say`enable ${name}` : say`disable ${name}` }
  return { text: on ? say`${name} is enabled` : say`${name} is disabled`, tone: 'good', change }
}

async function trigger(changes: ConsoleChanges, schedule: string): Promise<Result> {
  const triggered = await changes.triggerSchedule(schedule)
  if (triggered === undefined) return noSchedule(schedule)
  const id = safeLine(triggered.id)
  if (triggered.outcome === 'running') return { text: say`not triggered: ${id} goes on`, tone: 'warn' }
  const text = triggered.outcome === 'fired' ? say`enqueued ${id}` : say`${id} waits for the run before to end`
  return { text, tone: 'good' }
}

async function restore({ changes, operations }: Verbs, change: Change): Promise<Result> {
  if (change.kind !== 'purge' && change.kind !== 'newest-purge') throw new Error(`${change.kind} has no trash`)
  const purges = change.kind === 'purge' ? change.purges : [{ queue: change.queue }]
  let restored = 0
  for (const { queue, ...selection } of purges) {
    if (change.kind === 'purge' && change.isOperation && 'operation' in selection)
      await operations.steer(queue, selection.operation, 'cancel')
    restored += (await changes.undo(queue, selection)).restored.length
  }
  return restored === 0
    ? { text: say`nothing came back: the trash no longer has it`, tone: 'warn' }
    : { text: say`${plural(restored, say`task is`, say`tasks are`)} back in the DLQ`, tone: 'good' }
}

async function undo(verbs: Verbs, change: Change): Promise<Result> {
  const { changes } = verbs
  switch (change.kind) {
    case 'pause':
      await changes.resume(change.queue)
      return { text: say`${safeLine(change.queue)} is running again`, tone: 'good', undone: change }
    case 'resume':
      await changes.pause(change.queue)
      return { text: say`${safeLine(change.queue)} is paused again`, tone: 'good', undone: change }
    case 'quiet':
      await changes.quiet(change.worker, !change.on)
      return { text: say`undone: ${change.label}`, tone: 'good', undone: change }
    case 'enable':
      await changes.enableSchedule(change.schedule, !change.on)
      return { text: say`undone: ${change.label}`, tone: 'good', undone: change }
    case 'purge':
    case 'newest-purge':
      return { ...(await restore(verbs, change)), undone: change }
  }
}

async function edit(changes: ConsoleChanges, { ref, shown, payloadJson }: Edit): Promise<Result> {
  const { word, owner } = await changes.replayEdited(ref.queue, ref.id, shown, payloadJson)
  const name = say`${safeLine(shown.type, 40)} ${safeLine(ref.id, 40)}`
  const texts = {
    replayed: say`replayed ${name} with the changed payload`,
    duplicate: say`${name} stays dead as it was: ${safeLine(owner ?? 'another task', 40)} holds its idempotency key`,
    changed: say`${name} stays dead: somebody else edited it meanwhile, E shows what it is now`,
    not_dead: say`nothing was changed: ${name} is no longer dead`,
  }
  return { text: texts[word], tone: word === 'replayed' ? 'good' : 'warn' }
}

async function enqueue(changes: ConsoleChanges, { type, payload, queue }: Enqueue): Promise<Result> {
  const { id } = await changes.enqueue(type, payload, queue === undefined ? {} : { queue })
  return { text: say`enqueued ${safeLine(type, 60)} as ${safeLine(id)}`, tone: 'good' }
}

/** A change that is done in one call. */
export function single(verbs: Verbs, act: Single): Promise<Result> {
  const { changes } = verbs
  switch (act.kind) {
    case 'pause':
    case 'resume':
      return pauseOrResume(changes, act)
    case 'quiet':
      return quiet(changes, act)
    case 'enable':
      return enable(changes, act)
    case 'trigger':
      return trigger(changes, act.schedule)
    case 'undo':
      return undo(verbs, act.change)
    case 'edit':
      return edit(changes, act)
    case 'enqueue':
      return enqueue(changes, act)
  }
}
