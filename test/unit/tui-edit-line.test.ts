import * as fc from 'fast-check'
import stringWidth from 'string-width'
import { describe, expect, it } from 'vitest'
import { editSpans } from '../../src/tui/components/edit-spans.ts'
import { promptLines } from '../../src/tui/components/prompt-lines.ts'
import { type Edit, editOf } from '../../src/tui/state/edit.ts'
import { sceneOf } from '../../src/tui/state/scene.ts'
import { textOf } from '../../src/tui/text/line.ts'
import { safeLine } from '../../src/tui/text/safe.ts'
import { stateOf } from '../tui/harness/data.ts'
import { troubledWorld } from '../tui/harness/world.ts'

const shown = (edit: Edit, columns: number): string =>
  editSpans(edit, columns)
    .map(({ text }) => text)
    .join('')

const WORD = Array.from({ length: 40 }, (_, n) => `w${n}`).join(' ')

describe('a line that is typed', () => {
  it('stands there whole while it fits', () => {
    expect(shown(editOf('type:email'), 11)).toBe('type:email_')
    expect(shown({ text: 'type:email', at: 4 }, 11)).toBe('type_:email')
  })

  it('moves to the left when it does not, and both ends say so', () => {
    expect(shown(editOf(WORD), 20)).toBe(`…${WORD.slice(-18)}_`)
    expect(shown({ text: WORD, at: 0 }, 20)).toBe(`_${WORD.slice(0, 18)}…`)
    expect(shown({ text: WORD, at: 60 }, 20)).toMatch(/^….{12}_.{5}…$/)
  })

  it('has its cursor in sight and what stands before it, whatever it is made of', () => {
    const sign = fc.constantFrom('a', ' ', '宛', '👍', 'e\u0301', '🇯🇵', '"', '\\')
    const lines = fc.record({
      signs: fc.array(sign, { maxLength: 120 }),
      at: fc.nat(120),
      columns: fc.integer({ min: 8, max: 120 }),
    })
    fc.assert(
      fc.property(lines, ({ signs, at: wanted, columns }) => {
        const at = Math.min(wanted, signs.length)
        const [head, cursor, tail] = editSpans({ text: signs.join(''), at }, columns)
        const all = `${head!.text}${cursor!.text}${tail!.text}`
        expect(cursor!.text).toBe('_')
        expect(stringWidth(all)).toBeLessThanOrEqual(columns)
        expect(head!.text.endsWith(safeLine(signs.slice(0, at).join('')).slice(-1))).toBe(true)
      }),
    )
  })

  it.each([
    [80, 2],
    [60, 1],
  ])('is never edited blind at %i columns in %i rows', async (columns, rows) => {
    const scene = { ...sceneOf(await stateOf(troubledWorld(), columns, rows === 1 ? 15 : 24)), columns }
    for (const kind of ['filter', 'command'] as const) {
      const edit = editOf(`type:email ${WORD}`)
      const base = { edit, back: 0, problem: safeLine('no such field: tpye') }
      const prompt = kind === 'command' ? { ...base, kind } : { ...base, kind, list: 'dlq' as const, before: '' }
      const lines = promptLines(scene, prompt, rows).map(textOf)
      expect(lines.join('\n')).toMatch(/w39_/)
      expect(lines.join('\n')).toContain('no such field: tpye')
      for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns)
    }
  })
})
