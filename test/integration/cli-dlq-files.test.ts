import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { dq } from '../helpers/cli.ts'
import { deadOf, graveyard } from '../helpers/graveyard.ts'
import type { Workbench } from '../helpers/workbench.ts'

describe('dq dlq replay --payload', () => {
  const audited = async ({ client }: Workbench): Promise<string[]> =>
    (await client.inspector.audit({ limit: 9 })).map(({ action, count, detail }) => `${action} ${count} ${detail}`)

  it('replays one task with another payload, and tells which fields differ', async () => {
    const bench = await graveyard(2)
    const edit = (id: string, payload: string, ...more: string[]) =>
      dq(bench, ['dlq', 'replay', id, '--payload', payload, ...more])
    expect(await edit('mail0', '{"to": "b", "cc": 12345678901234567890}', '--dry-run')).toEqual({
      code: 0,
      out: 'would replay mail0 in mails: added to, cc',
      err: '',
    })
    expect((await edit('mail0', '{"to": "b", "cc": 1}')).out).toBe('replayed mail0 in mails: added to, cc')
    expect(await bench.client.getTask('mail0')).toMatchObject({ state: 'pending', payload: { to: 'b', cc: 1 } })
    expect(await edit('mail0', '2')).toEqual({
      code: 1,
      out: '',
      err: 'dq: mail0 is not dead: only dead tasks are replayed',
    })
    expect(await edit('mail1', ' 1 ')).toMatchObject({ code: 1, err: expect.stringContaining('already') as string })
    expect(await edit('mail1', '{"to":\n}')).toMatchObject({
      code: 2,
      err: expect.stringContaining('the payload is no JSON: line 2, column 1: expected a value') as string,
    })
    expect((await edit('mail1', '1', '--all')).code).toBe(2)
    expect((await dq(bench, ['dlq', 'replay', 'mail1', 'mail0', '--payload', '1'])).code).toBe(2)
    expect((await edit('nope', '1')).code).toBe(1)
    expect((await bench.client.getTask('mail1'))?.state).toBe('dead')
    expect(await audited(bench)).toEqual(['edited 1 mail0'])
  })
})

describe('dq dlq purge --backup', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dq-backup-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('writes each task in full to a file of its owner before it is purged', async () => {
    const bench = await graveyard(130)
    const file = join(folder, 'all.jsonl')
    const purge = ['dlq', 'purge', '--type', 'mail', '--yes', '--backup', file]
    expect(await dq(bench, [...purge, '--dry-run'])).toMatchObject({ code: 0, err: '' })
    expect(existsSync(file)).toBe(false)
    const { code, out, err } = await dq(bench, purge)
    expect([code, out]).toEqual([0, 'purged 130 tasks in mails'])
    expect(err).toContain(`${file} has 130 tasks`)
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    const tasks = lines.map((line) => JSON.parse(line) as { id: string; payload: number; attempts: unknown[] })
    expect(new Set(tasks.map(({ id }) => id)).size).toBe(130)
    for (const { id, payload, attempts } of tasks) expect([id, attempts.length]).toEqual([`mail${payload}`, 1])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(await deadOf(bench)).toEqual({ mails: 0, images: 130 })
  })

  it('purges nothing when the file is there already or cannot be written', async () => {
    const bench = await graveyard(1)
    const taken = join(folder, 'taken')
    writeFileSync(taken, 'mine')
    expect(await dq(bench, ['dlq', 'purge', '--all', '--yes', '--backup', taken])).toMatchObject({ code: 2 })
    const nowhere = join(folder, 'no', 'such')
    expect((await dq(bench, ['dlq', 'purge', '--all', '--yes', '--backup', nowhere])).code).not.toBe(0)
    expect(readFileSync(taken, 'utf8')).toBe('mine')
    expect(await deadOf(bench)).toEqual({ mails: 1, images: 1 })
  })
})
