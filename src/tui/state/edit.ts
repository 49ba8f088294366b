/** One line of typed text and the place of its cursor, in graphemes. */
export interface Edit {
  readonly text: string
  readonly at: number
}

export const EMPTY_EDIT: Edit = { text: '', at: 0 }

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const graphemes = (text: string): string[] => Array.from(segmenter.segment(text), ({ segment }) => segment)

export const editOf = (text: string): Edit => ({ text, at: graphemes(text).length })

function splice(edit: Edit, from: number, to: number, insert: string): Edit {
  const parts = graphemes(edit.text)
  const start = Math.max(0, from)
  const head = parts.slice(0, start).join('') + insert
  return { text: head + parts.slice(to).join(''), at: graphemes(head).length }
}

const MAX_LENGTH = 200
const PRINTABLE = /^[^\p{C}\p{Zl}\p{Zp}]+$/u

/** Puts text in at the cursor; what is no printable text is refused. */
export const typeInto = (edit: Edit, text: string): Edit =>
  PRINTABLE.test(text) && edit.text.length + text.length <= MAX_LENGTH ? splice(edit, edit.at, edit.at, text) : edit

function wordStart({ text, at }: Edit): number {
  const parts = graphemes(text)
  let from = at
  while (from > 0 && parts[from - 1] === ' ') from--
  while (from > 0 && parts[from - 1] !== ' ') from--
  return from
}

const EDITS: Readonly<Record<string, (edit: Edit) => Edit>> = {
  Backspace: (edit) => splice(edit, edit.at - 1, edit.at, ''),
  Delete: (edit) => ({ ...splice(edit, edit.at, edit.at + 1, ''), at: edit.at }),
  'C-w': (edit) => splice(edit, wordStart(edit), edit.at, ''),
  'C-u': (edit) => splice(edit, 0, edit.at, ''),
  'C-k': (edit) => splice(edit, edit.at, Number.POSITIVE_INFINITY, ''),
  Left: (edit) => ({ ...edit, at: Math.max(0, edit.at - 1) }),
  Right: (edit) => ({ ...edit, at: Math.min(graphemes(edit.text).length, edit.at + 1) }),
  Home: (edit) => ({ ...edit, at: 0 }),
  'C-a': (edit) => ({ ...edit, at: 0 }),
  End: (edit) => editOf(edit.text),
  'C-e': (edit) => editOf(edit.text),
}

/** What a key does to the line; the line itself for a key that means nothing here. */
export function editKey(edit: Edit, key: string): Edit {
  const named = EDITS[key]
  if (named !== undefined) return named(edit)
  return graphemes(key).length === 1 ? typeInto(edit, key) : edit
}
