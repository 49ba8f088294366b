import type { Binding, Step } from '../keys/binding.ts'
import { type OperationRow, isOpen } from '../source/operation-rows.ts'
import { type Steering, steerPlan } from '../state/operation-plans.ts'
import type { Scene } from '../state/scene.ts'
import { type Line, type Span, ends, line, span } from '../text/line.ts'
import { say } from '../text/safe.ts'

/** Operations that can be paused, resumed or ended. */
export const openOperations = ({ data }: Scene): readonly OperationRow[] => data.operations.filter(isOpen)

const TONES = { running: 'accent', paused: 'warn', cancelled: 'dim', done: 'good' } as const

/** What it is, how far, and by whom; a narrow screen shows less of the filter. */
export function operationLine(row: OperationRow, columns: number, isChosen = false): Line {
  const { kind, queue, filter, done, scanned, total, ratePerSecond, state, by } = row
  const left: readonly Span[] = [
    span(isChosen ? say` > ` : say`   `, 'accent'),
    span(say`${kind === 'replay' ? say`replay` : say`purge`} of ${queue}`, 'strong'),
    span(filter === '' ? say`  all` : say`  ${filter}`),
  ]
  const rate = ratePerSecond === undefined ? say`` : say`  ${ratePerSecond}/s`
  const right: readonly Span[] = [
    span(say`${done} done, ${scanned} of ${total} seen${rate}  `),
    span(
      state === 'running'
        ? say`running`
        : state === 'paused'
          ? say`PAUSED`
          : state === 'done'
            ? say`through`
            : say`ended`,
      TONES[state],
    ),
    span(columns < 110 ? say` ` : say`  ${by} `, 'dim'),
  ]
  return ends(left, right, columns)
}

const MOST_LINES = 3

/** The operations of all queues, under the title of a list. */
export function operationLines(scene: Scene): readonly Line[] {
  const { operations } = scene.data
  const most = scene.layout.isLow ? 1 : MOST_LINES
  const shown = operations.length <= most ? operations : operations.slice(0, Math.max(1, most - 1))
  const lines = shown.map((row) => operationLine(row, scene.columns))
  const rest = operations.length - shown.length
  return rest === 0 || lines.length >= most ? lines : [...lines, line(span(say`   and ${rest} operations more`, 'dim'))]
}

/** One is asked about at once; of several one is chosen first. */
function steer(scene: Scene, steering: Steering): Step {
  const open = openOperations(scene)
  if (open.length === 0) return { say: { text: say`no bulk operation runs or is paused`, tone: 'plain' } }
  if (open.length === 1) return { ask: steerPlan(open[0]!, steering) }
  return { ui: { prompt: { kind: 'operations', at: 0, steering } } }
}

const isIdle = (scene: Scene): boolean => openOperations(scene).length === 0

export const OPERATION_BINDINGS: readonly Binding[] = [
  {
    keys: ['P'],
    shows: say`P`,
    hint: say`pause it`,
    isIdle,
    help: say`pause the bulk operation that runs, or let it go on`,
    isChange: true,
    run: (scene) => steer(scene, 'pause'),
  },
  {
    keys: ['C'],
    shows: say`C`,
    hint: say`end it`,
    isIdle,
    help: say`end the bulk operation that runs; what it did stays done`,
    isChange: true,
    run: (scene) => steer(scene, 'cancel'),
  },
]
