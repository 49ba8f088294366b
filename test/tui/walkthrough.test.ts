import { describe, expect, it } from 'vitest'
import { type Mounted, mount } from './harness/mount.ts'
import { WALKS } from './harness/manual-screens.ts'

/** Trailing blanks are no part of what is seen. */
const golden = (text: string): string =>
  `${text
    .split('\n')
    .map((row) => row.trimEnd())
    .join('\n')}\n`

async function played(top: Mounted, keys: readonly string[]): Promise<string> {
  await top.refresh()
  for (const key of keys) {
    await top.press(key)
    await top.refresh()
  }
  return top.settled()
}

describe('a situation of the manual, on a screen of 80x24', () => {
  it.each(Object.entries(WALKS))('looks as it says after its keys: %s', async (name, keys) => {
    const top = await mount()
    await expect(golden(await played(top, keys))).toMatchFileSnapshot(`goldens/walk-${name}.txt`)
  })
})
