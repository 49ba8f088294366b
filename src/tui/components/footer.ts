import { type Line, type Span, clip, ends, line, span } from '../text/line.ts'
import { type Safe, NOTHING, safeLine, say } from '../text/safe.ts'
import { widthOf } from '../text/width.ts'
import type { Edit } from '../state/edit.ts'
import type { Binding } from '../keys/binding.ts'
import type { Scene } from '../state/scene.ts'

/** A typed line with its cursor drawn as an underscore, since the terminal's own is hidden. */
export function editSpans(edit: Edit): readonly Span[] {
  const before = Array.from(new Intl.Segmenter().segment(edit.text), ({ segment }) => segment)
  const head = safeLine(before.slice(0, edit.at).join(''))
  const tail = safeLine(before.slice(edit.at).join(''))
  return [span(head, 'strong'), span(say`_`, 'accent'), span(tail, 'strong')]
}

const hintSpans = ({ shows, hint = NOTHING }: Binding): readonly Span[] => [
  span(shows, 'key'),
  span(say` ${hint}  `, 'dim'),
]
const hintWidth = ({ shows, hint = NOTHING }: Binding): number => widthOf(shows) + widthOf(hint) + 3

/** As many hints as fit, in the order of the registry; the pinned ones always do. */
function hints(bindings: readonly Binding[], columns: number): Line {
  const pinned = bindings.filter(({ isPinned }) => isPinned)
  let left = columns - 1 - pinned.reduce((sum, binding) => sum + hintWidth(binding), 0)
  const kept = bindings.filter((binding) => {
    if (binding.isPinned) return true
    left -= hintWidth(binding)
    return left >= 0
  })
  return clip(line(say` `, ...kept.flatMap(hintSpans)), columns)
}

/** The last row: what is asked, else what was said, else what is going on, else what the keys do. */
export function footer(scene: Scene, bindings: readonly Binding[]): Line {
  const { ui, columns } = scene
  const { prompt, dialog, flash, job } = ui
  if (dialog?.plan.tier === 1)
    return ends([span(say` ${dialog.plan.question}`, 'warn')], [span(say`y yes  any other key no `, 'key')], columns)
  if (dialog !== undefined && flash === undefined) {
    const text =
      dialog.plan.phrase === undefined
        ? say` y yes   n, Enter and Esc leave everything as it is`
        : say` type the phrase, Enter to run, Esc to leave everything as it is`
    return clip(line(span(text, 'dim')), columns)
  }
  if (prompt !== undefined)
    return clip(
      line(span(say` /`, 'key'), ...editSpans(prompt.edit), span(say`   Enter keep  Esc cancel`, 'dim')),
      columns,
    )
  if (job !== undefined) {
    const stop = job.isStopping ? say`stopping after this batch` : say`Ctrl-C stops after this batch`
    const skipped = job.skipped === 0 ? say`` : say` · ${job.skipped} skipped`
    return clip(
      line(span(say` ${job.label}  ${job.done}/${job.total}${skipped}`, 'accent'), span(say`   ${stop}`, 'dim')),
      columns,
    )
  }
  if (flash !== undefined) return clip(line(span(say` ${flash.text}`, flash.tone)), columns)
  const { link, readAtMs } = scene.state.data
  if (link.kind === 'down' && readAtMs !== undefined) return lost(brief(link.reason, scene), bindings, columns)
  return hints(bindings, columns)
}

/** Without the address, which stands in the header: what matters comes after it. */
const brief = (reason: Safe, { state }: Scene): Safe =>
  (reason.split(`${state.about.address}: `).at(-1) ?? reason) as Safe

/** What was read last is still there, and why nothing newer is. */
function lost(reason: Safe, bindings: readonly Binding[], columns: number): Line {
  const pinned = bindings.filter(({ isPinned }) => isPinned).flatMap(hintSpans)
  return ends(
    [span(say` ${reason}`, 'bad')],
    [span(say`Ctrl-r`, 'key'), span(say` retry  `, 'dim'), ...pinned],
    columns,
  )
}
