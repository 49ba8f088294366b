import { DqError } from '../errors.ts'
import type { Relative } from '../relations.ts'
import type { AttemptInfo, Json, TaskInfo } from '../task.ts'
import type { Keyring, Place } from './keyring.ts'
import { keyIdOf } from './sealed.ts'

type Of = Pick<TaskInfo, 'id' | 'queue'> & { readonly type: string | undefined }

/** @returns undefined for what cannot be opened. */
function textOf(
  keyring: Keyring,
  { id, queue, type = '' }: Of,
  field: Place['field'],
  sealed: string | undefined,
  name = id,
): string | undefined {
  if (sealed === undefined) return undefined
  const opened = keyring.open(sealed, { field, queue, type, name })
  return 'text' in opened ? opened.text : undefined
}

function revealAttempt(keyring: Keyring, task: TaskInfo, attempt: AttemptInfo): AttemptInfo {
  const message = textOf(keyring, task, 'error', attempt.sealed?.message)
  if (message === undefined) return attempt
  return { ...attempt, message, stack: textOf(keyring, task, 'stack', attempt.sealed?.stack), sealed: undefined }
}

/** A task with everything opened that can be. What cannot stays as it is, in `sealed` and as `<encrypted kid=…>`. */
export function revealTask(task: TaskInfo, keyring: Keyring): TaskInfo {
  const attempts = task.attempts.map((attempt) => revealAttempt(keyring, task, attempt))
  const payload = textOf(keyring, task, 'payload', task.sealed?.payload, task.sealed?.name)
  const result = textOf(keyring, task, 'result', task.sealed?.result)
  return {
    ...task,
    attempts,
    error: attempts[0],
    ...(payload === undefined ? {} : { payload: JSON.parse(payload) as Json, sealed: undefined }),
    ...(result === undefined ? {} : { result: JSON.parse(result) as Json, sealed: undefined }),
  }
}

/** Whether something of a task is still encrypted. */
export const hasSealed = ({ sealed, attempts }: TaskInfo): boolean =>
  sealed !== undefined || attempts.some((attempt) => attempt.sealed !== undefined)

/** The results of other tasks for a handler. @throws DqError `no_key` */
export function revealRelatives(relatives: readonly Relative[], keyring: Keyring | undefined): readonly Relative[] {
  return relatives.map((relative) => {
    const { sealedResult } = relative
    if (sealedResult === undefined) return relative
    const result = keyring && textOf(keyring, relative, 'result', sealedResult)
    if (result !== undefined) return { ...relative, result: JSON.parse(result) as Json, sealedResult: undefined }
    const kid = keyIdOf(sealedResult)
    throw new DqError('no_key', `the result of ${relative.queue}/${relative.id} cannot be opened: it wants key ${kid}`)
  })
}
