import { type Line, type Span, clip, ends, line, span } from '../text/line.ts'
import { type Safe, NOTHING, repeat, say } from '../text/safe.ts'
import { widthOf } from '../text/width.ts'
import type { Binding } from '../keys/binding.ts'
import type { Scene } from '../state/scene.ts'

/** Between two hints. */
const GAP = 2

const hintSpans = ({ shows, hint = NOTHING }: Binding): readonly Span[] => [
  span(shows, 'key'),
  span(say` ${hint}`, 'dim'),
]
const beside = (bindings: readonly Binding[]): readonly Span[] =>
  bindings.flatMap((binding, at) => [...(at === 0 ? [] : [span(repeat(say` `, GAP))]), ...hintSpans(binding)])
const hintWidth = ({ shows, hint = NOTHING }: Binding): number => widthOf(shows) + 1 + widthOf(hint) + GAP

/** As many hints as fit, in the order of the registry; the pinned ones always do. */
function hints(bindings: readonly Binding[], columns: number): Line {
  const isPinned = ({ pinnedFrom = columns + 1 }: Binding): boolean => pinnedFrom <= columns
  const pinned = bindings.filter(isPinned)
  let left = columns - 1 + GAP - pinned.reduce((sum, binding) => sum + hintWidth(binding), 0)
  const kept = bindings.filter((binding) => {
    if (isPinned(binding)) return true
    left -= hintWidth(binding)
    return left >= 0
  })
  return clip(line(say` `, ...beside(kept)), columns)
}

/** The question is not to be cut: where it is long, the keys that mean no go without saying. */
function asked(question: Safe, columns: number): Line {
  const [all, brief] = [say`y yes  any other key no `, say`y yes `]
  const isLong = widthOf(question) + 2 + widthOf(all) > columns
  return ends([span(say` ${question}`, 'warn')], [span(isLong ? brief : all, 'key')], columns)
}

/** The last row: what is asked, else what was said, else what is going on, else what the keys do. */
export function footer(scene: Scene, bindings: readonly Binding[]): Line {
  const { ui, columns } = scene
  const { dialog, flash, job } = ui
  if (dialog?.plan.tier === 1) return asked(dialog.plan.question, columns)
  if (dialog !== undefined && flash === undefined) {
    const text =
      dialog.plan.phrase === undefined
        ? say` y yes   n, Enter and Esc leave everything as it is`
        : say` type the phrase, Enter to run, Esc to leave everything as it is`
    return clip(line(span(text, 'dim')), columns)
  }
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
  const pinned = beside(bindings.filter(({ pinnedFrom }) => pinnedFrom === 0))
  return ends(
    [span(say` ${reason}`, 'bad')],
    [span(say`Ctrl-r`, 'key'), span(say` retry  `, 'dim'), ...pinned, span(say` `)],
    columns,
  )
}
