import { describe, expect, it } from 'vitest'
import { deadTask } from './harness/infos.ts'
import { type Mounted, mount } from './harness/mount.ts'
import { troubledWorld } from './harness/world.ts'

const BIG = '12345678901234567890'

/** The console before a dead task whose payload is `{"to":"anna","n":1}`. */
async function atTask(): Promise<Mounted> {
  const world = troubledWorld()
  world.dead[0] = deadTask(0, { payload: { to: 'anna', n: 1 } })
  const top = await mount({ world })
  await top.press('4')
  await top.refresh()
  await top.press('Enter')
  await top.shows('Payload')
  return top
}

/** An editor that notes what it was given, and leaves what `to` makes of it. */
function editorOf(top: Mounted, to: (text: string) => string, code = 0): string[] {
  const given: string[] = []
  top.editor = (text) => {
    given.push(text)
    return { text: to(text), code }
  }
  return given
}

const edits = (top: Mounted): unknown[] =>
  top.world.calls.filter(([verb]) => verb === 'replayEdited').map(([, , , before, after]) => [before, after])

describe('editing the payload of a dead task', () => {
  it('lays it out, asks with what changed, and replays it with that, every digit as it was written', async () => {
    const top = await atTask()
    const given = editorOf(top, () => `{ "to": "bob",\n "n": 1, "cc": ${BIG} }\n`)
    await top.press('E')
    const box = await top.shows('Replay it with the changed payload?')
    expect(given).toEqual(['{\n  "to": "anna",\n  "n": 1\n}\n'])
    expect(box).toMatch(/changed +to: "anna" → "bob"/)
    expect(box).toMatch(/added +cc/)
    expect(box).not.toMatch(/removed/)
    expect(edits(top)).toEqual([])
    await top.press('y')
    await top.shows('with the changed payload')
    expect(edits(top)).toEqual([['{"to":"anna","n":1}', `{"to":"bob","n":1,"cc":${BIG}}`]])
  })

  it('says when nothing was changed, whatever the layout, and asks nothing', async () => {
    const top = await atTask()
    for (const to of [(text: string) => text, (text: string) => text.replaceAll(/\s/g, '')]) {
      editorOf(top, to)
      await top.press('E')
      await top.shows('the payload is as it was: nothing was changed')
      expect(top.console.store.state.ui.dialog).toBeUndefined()
    }
  })

  it('tells the line of what is no JSON, and goes on with what was written', async () => {
    const top = await atTask()
    const broken = '{\n  "to": "bob"\n  "n": 1\n}\n'
    editorOf(top, () => broken)
    await top.press('E')
    await top.shows('line 3, column 3: expected a comma or the closing bracket:  e edit again')
    const again = editorOf(top, (text) => text.replace('"bob"', '"bob",'))
    await top.press('e')
    await top.shows('Replay it with the changed payload?')
    expect(again).toEqual([broken])
    await top.press('y')
    await top.shows('with the changed payload')
    expect(edits(top)).toEqual([['{"to":"anna","n":1}', '{"to":"bob","n":1}']])
  })

  it.each([
    ['the question is answered with no', '{"to":"bob"}', 0, 'n'],
    ['the offer to mend it is passed over', '{"to":', 0, 'Esc'],
    ['the editor ended badly', '{"to":"eve"}', 1, undefined],
  ])('keeps what was written when %s', async (_when, written, code, key) => {
    const top = await atTask()
    editorOf(top, () => written, code)
    await top.press('E')
    await top.shows(code === 0 ? (key === 'n' ? 'Replay it' : 'e edit again') : 'the editor ended with 1')
    if (key !== undefined) await top.press(key)
    const next = editorOf(top, (text) => text)
    await top.press('E')
    await top.settled()
    expect(next).toEqual([written])
    expect(edits(top)).toEqual([])
  })

  it('begins anew with what is stored once the task is another one', async () => {
    const top = await atTask()
    editorOf(top, () => '{"to":"bob"}')
    await top.press('E', 'n')
    top.world.dead[0] = deadTask(0, { payload: { to: 'carl' } })
    const next = editorOf(top, (text) => text)
    await top.press('E')
    await top.shows('nothing was changed')
    expect(next).toEqual(['{\n  "to": "carl"\n}\n'])
  })

  it('says when there is no editor', async () => {
    const top = await atTask()
    editorOf(top, (text) => text, 127)
    await top.press('E')
    expect(await top.shows('there is no such editor: set $VISUAL or $EDITOR')).toContain('Payload')
    expect(top.console.store.state.ui.dialog).toBeUndefined()
  })

  it('refuses a payload over the limit as enqueue does', async () => {
    const top = await atTask()
    editorOf(top, () => `"${'x'.repeat(262_144)}"`)
    await top.press('E')
    expect(await top.shows('payload has 262146 bytes, the limit is 262144')).toContain('e edit again')
  })

  it('is for dead tasks only, and never while read-only', async () => {
    const top = await mount()
    await top.press('7')
    await top.refresh()
    await top.press('Enter')
    await top.shows('Payload')
    await top.press('E')
    await top.shows('only a dead task can be replayed, edited or deleted')
    const safe = await mount({ isReadOnly: true })
    await safe.press('4')
    await safe.refresh()
    await safe.press('Enter')
    await safe.shows('Payload')
    await safe.press('E')
    await safe.shows('read-only: :write allows changes')
    expect([...edits(top), ...edits(safe)]).toEqual([])
  })
})

describe('running what waits now', () => {
  it('asks about the row, the marked rows or the task that is shown', async () => {
    const top = await mount()
    await top.press('7')
    await top.refresh()
    expect(await top.press('N')).toMatch(/Run \S+ \S+ now\?/)
    await top.press('n')
    expect(await top.press(' ', ' ', 'N')).toContain('Run these 2 tasks now?')
    await top.press('y')
    await top.shows('put into line 2 tasks')
    await top.refresh()
    await top.press('Enter')
    await top.shows('Payload')
    await top.press('N', 'y')
    await top.shows('put into line 1 task')
    await top.press('N')
    expect(top.world.calls.map(([verb, , ids]) => [verb, (ids as string[]).length])).toEqual([
      ['hasten', 2],
      ['hasten', 1],
    ])
    await top.refresh()
    await top.press('N')
    await top.shows('only what waits for its time can be run now')
  })
})
