import type { ConsoleChanges } from '../source/source.ts'
import type { Act, Change } from '../state/plan.ts'
import { plural } from '../text/format.ts'
import { safeLine, say } from '../text/safe.ts'
import type { Result } from './result.ts'

type Single = Exclude<Act, { kind: 'replay' | 'purge' }>
type Pause = Extract<Act, { kind: 'pause' | 'resume' }>
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

async function restore(changes: ConsoleChanges, change: Change): Promise<Result> {
  if (change.kind !== 'purge' && change.kind !== 'newest-purge') throw new Error(`${change.kind} has no trash`)
  const queues = change.kind === 'purge' ? change.queues : [change.queue]
  const selection = change.kind === 'purge' ? { operation: change.operation } : {}
  let restored = 0
  for (const queue of queues) restored += (await changes.undo(queue, selection)).restored.length
  return restored === 0
    ? { text: say`nothing came back: the trash no longer has it`, tone: 'warn' }
    : { text: say`${plural(restored, say`task is`, say`tasks are`)} back in the DLQ`, tone: 'good' }
}

async function undo(changes: ConsoleChanges, change: Change): Promise<Result> {
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
    case 'purge':
    case 'newest-purge':
      return { ...(await restore(changes, change)), undone: change }
  }
}

/** A change that is done in one call. */
export function single(changes: ConsoleChanges, act: Single): Promise<Result> {
  switch (act.kind) {
    case 'pause':
    case 'resume':
      return pauseOrResume(changes, act)
    case 'quiet':
      return quiet(changes, act)
    case 'undo':
      return undo(changes, act.change)
  }
}
