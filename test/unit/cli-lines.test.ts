import { describe, expect, it } from 'vitest'
import * as fc from 'fast-check'
import { type InputLine, readLines } from '../../src/cli/lines.ts'

async function* chunksOf(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks
}

async function linesOf(chunks: readonly (string | Buffer)[], maxChars = 100, most = 500): Promise<InputLine[][]> {
  const buffers = chunks.map((chunk) => Buffer.from(chunk))
  const groups: InputLine[][] = []
  for await (const group of readLines(chunksOf(buffers), { maxChars, most })) groups.push(group)
  return groups
}

const textsOf = (groups: readonly InputLine[][]): string[] => groups.flat().map(({ text }) => text)

describe('lines of standard input', () => {
  it('are numbered from 1, whatever ends them, and the last one needs no end', async () => {
    expect((await linesOf(['a\r\n\nb\nc'])).flat()).toEqual([
      { number: 1, text: 'a', tooLong: false },
      { number: 2, text: '', tooLong: false },
      { number: 3, text: 'b', tooLong: false },
      { number: 4, text: 'c', tooLong: false },
    ])
  })

  it('come as soon as they are complete, not more than so many at once', async () => {
    expect((await linesOf(['a\nb\nc\n', 'd'], 100, 2)).map((group) => group.map(({ text }) => text))).toEqual([
      ['a', 'b'],
      ['c'],
      ['d'],
    ])
  })

  it('that are too long are dropped and told, and the next one is read', async () => {
    const long = 'x'.repeat(60)
    const lines = (await linesOf([long, `${long}${long}\nok\n${long}${long}`], 100)).flat()
    expect(lines).toEqual([
      { number: 1, text: '', tooLong: true },
      { number: 2, text: 'ok', tooLong: false },
      { number: 3, text: '', tooLong: true },
    ])
  })

  it('do not depend on where the stream was cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' })), fc.nat(20), async (texts, size) => {
        const clean = texts.map((text) => text.replaceAll(/[\r\n\ufeff]/g, '·'))
        const bytes = Buffer.from(clean.map((text) => `${text}\n`).join(''))
        const chunks = []
        for (let from = 0; from < bytes.length; from += size + 1) chunks.push(bytes.subarray(from, from + size + 1))
        expect(textsOf(await linesOf(chunks, 1_000))).toEqual(clean)
      }),
    )
  })
})
