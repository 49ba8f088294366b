import { closest } from '../../core/closest.ts'
import type { Json } from '../../core/task.ts'
import { visible } from '../../core/visible.ts'
import { enqueuePlan, pausePlan, quietPlan } from '../state/plans.ts'
import { filterProblem } from '../state/filter.ts'
import { withEntry } from '../state/log.ts'
import type { Scene } from '../state/scene.ts'
import { VIEW_IDS, VIEW_NAMES, type ViewId } from '../state/view-names.ts'
import { type Safe, safeLine, say } from '../text/safe.ts'
import { openFiltered, openQueue, push } from '../views/go.ts'
import { viewOf } from '../views/views.ts'
import type { Step } from './binding.ts'

/** What can be typed behind the colon. Completion, palette, help and manual come from these. */
export interface Command {
  readonly name: string
  /** The same under shorter names. */
  readonly aliases?: readonly string[]
  /** What follows it. */
  readonly takes?: Safe
  readonly help: Safe
  readonly isChange?: true
  /** Words that can stand next, given those before. */
  readonly words?: (scene: Scene, before: readonly string[]) => readonly string[]
  readonly run: (scene: Scene, rest: string) => Step
}

const refuse = (text: Safe): Step => ({ say: { text, tone: 'warn' } })

/** A name that has to be one of those there are, with the nearest one when it is not. */
function oneOf<R extends { readonly key: string }>(rows: readonly R[], name: string, what: Safe): R | Step {
  const row = rows.find(({ key }) => key === name)
  if (row !== undefined) return row
  if (name === '') return refuse(say`which ${what}? Tab shows them`)
  const meant = closest(
    name,
    rows.map(({ key }) => key),
  )
  const hint = meant === undefined ? say`` : say`; did you mean ${safeLine(meant, 40)}?`
  return refuse(say`there is no ${what} ${safeLine(name, 40)}${hint}`)
}

const isRow = <R extends { readonly key: string }>(found: R | Step): found is R => 'key' in found

const queueNames = ({ data }: Scene, before: readonly string[]): readonly string[] =>
  before.length === 1 ? data.queues.map(({ key }) => key) : []

const workerNames = ({ data }: Scene, before: readonly string[]): readonly string[] =>
  before.length === 1 ? data.workers.map(({ key }) => key) : []

const FIELDS = [
  'type:',
  'queue:',
  'worker:',
  'state:',
  'priority:',
  'reason:',
  'err~',
  'attempts>=',
  'age<',
  'payload.',
]

function openView(scene: Scene, view: ViewId, filter: string): Step {
  const { narrowing } = viewOf(view)
  const problem = narrowing === 'text' || filter === '' ? undefined : filterProblem(filter, narrowing === 'pages')
  if (problem !== undefined) return refuse(problem)
  if (filter !== '' && narrowing === undefined) return refuse(say`${VIEW_NAMES[view].title} has no filter`)
  return openFiltered(scene, view, filter)
}

const viewCommand = (view: ViewId): Command => {
  const { narrowing } = viewOf(view)
  return {
    name: view,
    ...(narrowing === undefined ? {} : { takes: say`[filter]`, words: () => (narrowing === 'text' ? [] : FIELDS) }),
    help: say`the view ${VIEW_NAMES[view].title}${narrowing === undefined ? say`` : say`, or what of it matches`}`,
    run: (scene, rest) => openView(scene, view, rest),
  }
}

function pauseCommand(name: 'pause' | 'resume'): Command {
  return {
    name,
    takes: say`queue`,
    help: name === 'pause' ? say`stop a queue` : say`let a queue go on`,
    isChange: true,
    words: queueNames,
    run: (scene, rest) => {
      const row = oneOf(scene.data.queues, rest, say`queue`)
      if (!isRow(row)) return row
      const isPaused = row.paused !== undefined
      if (isPaused === (name === 'pause'))
        return refuse(say`${row.name} is ${isPaused ? say`paused` : say`running`} already`)
      return { ask: pausePlan(row) }
    },
  }
}

const quietCommand = (name: 'quiet' | 'wake'): Command => ({
  name,
  takes: say`worker`,
  help: name === 'quiet' ? say`let a worker take no new tasks` : say`let a worker take tasks again`,
  isChange: true,
  words: workerNames,
  run: (scene, rest) => {
    const row = oneOf(scene.data.workers, rest, say`worker`)
    if (!isRow(row)) return row
    return row.quiet === (name === 'quiet') ? refuse(say`${row.id} is so already`) : { ask: quietPlan(row) }
  },
})

/** `type {json}`, or `type queue=name {json}`. */
function enqueue(scene: Scene, rest: string): Step {
  const [, type = '', , queue, json = ''] = /^(\S+)(\s+queue=(\S+))?\s*(.*)$/s.exec(rest) ?? []
  if (type === '') return refuse(say`which type? :enqueue type {"json": 1}`)
  try {
    const payload = (json === '' ? null : JSON.parse(json)) as Json
    return { ask: enqueuePlan(scene, type, payload, queue) }
  } catch {
    // The only thing that can go wrong here: what was typed is no JSON.
    return refuse(say`the payload is no JSON; write it as {"name": "value"}`)
  }
}

const WRITE_MS = 600_000

/** One line of the audit has to have room for it. */
const REASON_MOST = 120

/** On a Redis marked prod a reason is asked for, which stands in the audit of every change made by it. */
function write({ state, nowMs, ui }: Scene, given: string): Step {
  if (!state.about.isReadOnly) return { say: { text: say`changes are allowed already`, tone: 'plain' } }
  const reason = given === '' ? ui.armed?.reason : visible(given)
  if (reason === undefined && state.about.context?.isProd === true)
    return refuse(say`why? :write reason  it stands in the audit of each change you make`)
  if (reason !== undefined && reason.length > REASON_MOST)
    return refuse(say`the reason has ${reason.length} characters, at most ${REASON_MOST} fit`)
  const armed = { untilMs: nowMs + WRITE_MS, idleMs: nowMs + WRITE_MS / 2, reason }
  const from = ui.armed === undefined ? say`` : say` from now`
  const why = reason === undefined ? say`` : say`: ${safeLine(reason, REASON_MOST)}`
  const text = say`changes are allowed for 10 minutes${from}${why}`
  const log = withEntry(ui.log, { atMs: nowMs, kind: 'done', text, tone: 'warn' })
  return { ui: { armed, log }, say: { text, tone: 'warn' } }
}

export const COMMANDS: readonly Command[] = [
  ...VIEW_IDS.map(viewCommand),
  {
    name: 'queue',
    takes: say`queue`,
    help: say`one queue, state by state`,
    words: queueNames,
    run: (scene, rest) => {
      const row = oneOf(scene.data.queues, rest, say`queue`)
      return isRow(row) ? openQueue(scene, row.key) : row
    },
  },
  pauseCommand('pause'),
  pauseCommand('resume'),
  quietCommand('quiet'),
  quietCommand('wake'),
  {
    name: 'enqueue',
    takes: say`type [queue=name] {json}`,
    help: say`put one task into a queue, to try something`,
    isChange: true,
    words: ({ data }, before) =>
      before.length === 1 ? [...new Set(data.workers.flatMap(({ typeKeys }) => typeKeys))].toSorted() : [],
    run: enqueue,
  },
  {
    name: 'write',
    takes: say`[reason]`,
    help: say`allow changes for 10 minutes while read-only; on prod say why`,
    run: write,
  },
  {
    name: 'readonly',
    help: say`end what :write allowed`,
    run: () => ({ ui: { armed: undefined }, say: { text: say`what :write allowed is over`, tone: 'plain' } }),
  },
  {
    name: 'log',
    help: say`what became of the connection and of changes here`,
    run: (scene) => openFiltered(scene, 'activity', 'this console'),
  },
  {
    name: 'help',
    aliases: ['h'],
    help: say`the keys that count here`,
    run: ({ ui }) => ({ ui: push(ui, { kind: 'help', scroll: 0 }) }),
  },
  { name: 'quit', aliases: ['q', 'exit'], help: say`quit`, run: () => ({ effects: [{ kind: 'quit' }] }) },
]

export const commandNamed = (name: string): Command | undefined =>
  COMMANDS.find((command) => command.name === name || command.aliases?.includes(name))

/** The command that was typed, and what it does; or what is wrong with it. */
export function commandFor(scene: Scene, text: string): { command: Command; step: Step } | { problem: Safe } {
  const [, name = '', rest = ''] = /^\s*:?(\S+)\s*(.*)$/s.exec(text) ?? []
  const command = commandNamed(name)
  if (command === undefined) {
    const meant = closest(
      name,
      COMMANDS.map((one) => one.name),
    )
    const hint = meant === undefined ? say`; Ctrl-p shows all there are` : say`; did you mean ${safeLine(meant)}?`
    return { problem: say`there is no command ${safeLine(name, 30)}${hint}` }
  }
  const step = command.run(scene, rest.trim())
  // What was refused stays there to be mended.
  return step.say?.tone === 'warn' && step.ui === undefined ? { problem: step.say.text } : { command, step }
}
