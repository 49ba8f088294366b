import { fit, wrapWords } from '../text/fit.ts'
import { type Line, type Span, span } from '../text/line.ts'
import { type Safe, NOTHING, say } from '../text/safe.ts'
import { widthOf } from '../text/width.ts'
import type { Dialog } from '../state/state.ts'
import { box, innerOf } from './box.ts'
import { editSpans } from './edit-spans.ts'

/** What else can be answered. */
function more({ act }: Dialog['plan']): Safe {
  if (!('sets' in act)) return NOTHING
  return act.kind === 'replay' ? say`   d dry run   s slow` : say`   d dry run`
}

const LABEL_COLUMNS = 8

/** A row for each fact, and more for what is too long while there is room: what it does and cannot undo comes first. */
function factRows(facts: Dialog['plan']['facts'], columns: number, room: number): readonly (readonly Span[])[] {
  let free = room - facts.length
  const drawn = facts.toReversed().map(([label, value]) => {
    const lines = wrapWords(value, columns - LABEL_COLUMNS)
    const extra = lines.length - 1
    const isWhole = extra <= free
    if (isWhole) free -= extra
    const shown = isWhole ? lines : [value]
    return shown.map((text, at) => [span(fit(at === 0 ? label : NOTHING, LABEL_COLUMNS), 'dim'), span(text)])
  })
  return drawn.toReversed().flat()
}

function askRow({ plan, typed }: Dialog, columns: number): readonly Span[] {
  if (plan.phrase === undefined) return [span(plan.question, 'strong'), span(say`   y yes   N no (default)`)]
  const ask = [span(say`Type  `), span(plan.phrase, 'strong'), span(say`  to go on:  `)]
  const used = ask.reduce((sum, { text }) => sum + widthOf(text), 0)
  return [...ask, ...editSpans(typed, columns - used)]
}

/** The box that asks before something changes, its lines as wide as the screen. The question is never cut off. */
export function dialogBox(dialog: Dialog, columns: number, rows: number): readonly Line[] {
  const { plan } = dialog
  const width = innerOf(columns) - 2
  const space = Math.max(1, rows - 2)
  const all = [...factRows(plan.facts, width, space - 2), [], askRow(dialog, width)]
  const shown = all.length <= space ? all : [...all.slice(0, space - 1), all.at(-1)!]
  const close = plan.phrase === undefined ? say`Enter and Esc = no${more(plan)}` : say`Esc = no`
  return box(plan.title, shown, close, columns)
}
