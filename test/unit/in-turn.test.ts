import { describe, expect, it } from 'vitest'
import { inTurn } from '../../src/core/worker/in-turn.ts'

describe('parts that are sent one after the other', () => {
  it('are all sent, in order', async () => {
    const sent: number[][] = []
    await inTurn(
      [[1, 2], [3], [4]],
      async (part) => void sent.push(part),
      () => expect.fail('nothing failed'),
    )
    expect(sent).toEqual([[1, 2], [3], [4]])
  })

  it('are given back from the one that failed on; what was answered is not', async () => {
    const sent: number[][] = []
    const left: number[][] = []
    const send = async (part: number[]): Promise<void> => {
      if (part.includes(3)) throw new Error('no answer')
      sent.push(part)
    }
    await expect(inTurn([[1, 2], [3], [4]], send, (parts) => left.push(...parts))).rejects.toThrow('no answer')
    expect({ sent, left }).toEqual({ sent: [[1, 2]], left: [[3], [4]] })
  })
})
