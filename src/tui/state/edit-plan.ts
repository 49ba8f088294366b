import { type Editable, fieldChanges } from '../../core/edit.ts'
import type { TaskRef } from '../source/source.ts'
import { cutTo } from '../text/fit.ts'
import { bytes } from '../text/format.ts'
import { join, safeLine, say } from '../text/safe.ts'
import { destination, type Fact, whose } from './bulk-plans.ts'
import type { Plan } from './plan.ts'
import type { Scene } from './scene.ts'

const MOST_SHOWN = 4
const VALUE_COLUMNS = 24

const names = (all: readonly string[]): Fact[1] => safeLine(all.join(', '), 80)

const valueOf = (json: string, name: string): Fact[1] => {
  const value = (JSON.parse(json) as Readonly<Record<string, unknown>>)[name]
  return cutTo(safeLine(JSON.stringify(value), 80), VALUE_COLUMNS)
}

/** Which fields of the payload changed, and for the first of them from what to what. */
function differences(before: string, after: string): readonly Fact[] {
  const { added, removed, changed } = fieldChanges(before, after)
  const rows: Fact[] = changed
    .slice(0, MOST_SHOWN)
    .map((name) => [say`changed`, say`${safeLine(name, 30)}: ${valueOf(before, name)} → ${valueOf(after, name)}`])
  if (changed.length > MOST_SHOWN) rows.push([say`changed`, names(changed.slice(MOST_SHOWN))])
  if (added.length > 0) rows.push([say`added`, names(added)])
  if (removed.length > 0) rows.push([say`removed`, names(removed)])
  if (rows.length === 0) rows.push([say`changed`, say`${cutTo(safeLine(before), 28)} → ${cutTo(safeLine(after), 28)}`])
  return rows
}

/** Before a dead task is run again with another payload. */
export function editPlan(scene: Scene, ref: TaskRef, shown: Editable, payloadJson: string): Plan {
  const { type } = shown
  const isKnown = scene.data.workers.some(({ typeKeys, silent }) => !silent && typeKeys.includes(type))
  const size = say`${bytes(Buffer.byteLength(shown.payloadJson))} → ${bytes(Buffer.byteLength(payloadJson))} bytes`
  const facts: readonly Fact[] = [
    [say`task`, join([safeLine(type, 40), safeLine(ref.id, 40)], ' ')],
    [say`to`, destination(scene, [{ queue: ref.queue, count: 1 }])],
    ...differences(shown.payloadJson, payloadJson),
    [say`payload`, size],
    [say`effect`, say`runs again with this payload; id, type, priority and options stay`],
    [say`undo`, say`none: the payload as it was is gone`],
    ...(isKnown ? [] : [[say`note`, say`no live worker says that it knows this type`] as const]),
  ]
  const act = { kind: 'edit', ref, shown, payloadJson } as const
  const title = say`REPLAY EDITED ─ ${whose(scene)}`
  return { act, tier: 2, title, facts, question: say`Replay it with the changed payload?`, phrase: undefined }
}
