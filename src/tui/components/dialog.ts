import { fit } from '../text/fit.ts'
import { type Line, type Span, line, span } from '../text/line.ts'
import { type Safe, repeat, say } from '../text/safe.ts'
import { widthOf } from '../text/width.ts'
import type { Dialog } from '../state/state.ts'
import { editSpans } from './footer.ts'

const MOST_COLUMNS = 88

function edge(left: Safe, title: Safe, right: Safe, inner: number): readonly Span[] {
  const head = fit(title, Math.min(widthOf(title), inner - 2))
  return [span(say`${left}─${head}${repeat(say`─`, inner - 1 - widthOf(head))}${right}`, 'warn')]
}

function inside(spans: readonly Span[], inner: number): readonly Span[] {
  const parts: Span[] = []
  let left = inner - 2
  for (const { text, tone } of spans) {
    const kept = fit(text, Math.min(widthOf(text), left))
    parts.push(span(kept, tone))
    left -= widthOf(kept)
  }
  return [span(say`│ `, 'warn'), ...parts, span(repeat(say` `, left)), span(say` │`, 'warn')]
}

function content({ plan, typed }: Dialog): readonly (readonly Span[])[] {
  const facts = plan.facts.map(([label, value]) => [span(fit(label, 8), 'dim'), span(value)])
  const ask =
    plan.phrase === undefined
      ? [span(plan.question, 'strong'), span(say`   y yes   N no (default)`)]
      : [span(say`Type  `), span(plan.phrase, 'strong'), span(say`  to go on:  `), ...editSpans(typed)]
  return [...facts, [], ask]
}

/** The box that asks before something changes, its lines as wide as the screen. The question is never cut off. */
export function dialogBox(dialog: Dialog, columns: number, rows: number): readonly Line[] {
  const inner = Math.min(MOST_COLUMNS, columns - 4)
  const all = content(dialog)
  const space = Math.max(1, rows - 2)
  const shown = all.length <= space ? all : [...all.slice(0, space - 1), all.at(-1)!]
  const margin = span(repeat(say` `, Math.floor((columns - inner - 2) / 2)))
  const close = dialog.plan.phrase === undefined ? say` Enter and Esc = no ` : say` Esc = no `
  return [
    line(margin, ...edge(say`┌`, say` ${dialog.plan.title} `, say`┐`, inner)),
    ...shown.map((spans) => line(margin, ...inside(spans, inner))),
    line(margin, ...edge(say`└`, close, say`┘`, inner)),
  ]
}
