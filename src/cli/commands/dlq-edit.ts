import { compactPayload, fieldChanges } from '../../core/edit.ts'
import { DqError } from '../../core/errors.ts'
import type { Context } from '../command.ts'
import { selectionOf } from '../dead-selection.ts'
import { EXIT, UsageError } from '../exit.ts'
import { unknownTypes } from '../known-types.ts'
import { payloadText } from '../payload.ts'
import { placeTasks } from '../placing.ts'
import { say } from '../text.ts'

/** `changed to, subject; added cc`, or that the same values are written in another way. */
function difference(before: string, after: string): string {
  const parts = Object.entries(fieldChanges(before, after)).flatMap(([how, names]: [string, readonly string[]]) =>
    names.length === 0 ? [] : [`${how} ${names.join(', ')}`],
  )
  return parts.length === 0 ? 'changed' : parts.join('; ')
}

/** `dq dlq replay <id> --payload …`: one dead task again, with another payload. */
export async function replayEdited(context: Context): Promise<number> {
  const { args, screen, input, open } = context
  const selection = selectionOf(args)
  const [id, ...more] = selection.by === 'ids' ? selection.ids : []
  if (id === undefined || more.length > 0) throw new UsageError('--payload is for one task: give its id')
  const { text } = await payloadText(args.text('payload') ?? '', input)
  const payload = compactPayload(text)
  const { inspector, operator } = await open()
  const { byQueue } = await placeTasks(inspector, [id], args.name('queue'))
  const [queue] = byQueue.keys()
  if (queue === undefined) throw new DqError('not_found', `no queue knows ${id}`)
  const shown = await operator.editable(queue, id)
  if (shown === undefined) throw new DqError('conflict', `${id} is not dead: only dead tasks are replayed`)
  if (shown.payloadJson === payload) {
    screen.note(`${id} has this payload already; leave --payload out to replay it as it is`)
    return EXIT.failed
  }
  const what = difference(shown.payloadJson, payload)
  const isDry = args.flag('dry-run')
  const { word, owner } = isDry
    ? { word: undefined, owner: undefined }
    : await operator.replayEdited(queue, id, shown, payload)
  if (screen.json)
    screen.printJson({
      id,
      queue,
      dry_run: isDry,
      outcome: word,
      of: owner,
      ...fieldChanges(shown.payloadJson, payload),
    })
  else if (isDry) screen.print(say`would replay ${id} in ${queue}: ${what}`)
  else if (word === 'replayed') screen.print(say`replayed ${id} in ${queue}: ${what}`)
  else screen.note(`${id} stays as it is: ${refusal(word, owner)}`)
  const warning = word === 'replayed' ? await unknownTypes(inspector, [shown.type]) : undefined
  if (warning !== undefined) screen.note(warning)
  return isDry || word === 'replayed' ? EXIT.ok : EXIT.failed
}

function refusal(word: string | undefined, owner: string | undefined): string {
  if (word === 'duplicate') return `${owner ?? 'another task'} with the same idempotency key lives or succeeded`
  return word === 'changed' ? 'somebody else edited it just now' : 'it is no longer dead'
}
