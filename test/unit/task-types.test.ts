import { describe, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import type { Client, Json, TaskContext, TaskId, TaskInfo } from '../../src/core/index.ts'
import { defineTask } from '../../src/core/index.ts'
import type { PayloadOf, ResultOf } from '../../src/core/handlers.ts'
import type { Stored } from '../../src/core/task.ts'

interface Row {
  readonly id: number
  readonly parts: readonly Row[]
}

const email = defineTask({
  type: 'email',
  payload: z.object({ to: z.email(), size: z.coerce.number<string>() }),
  run: ({ to, size }) => Promise.resolve({ to, size, at: new Date() }),
})
const row = defineTask({ type: 'row', run: ({ id }: { id: number }): Row => ({ id, parts: [] }) })
const silent = defineTask({ type: 'silent', run: () => {} })

describe('from a definition', () => {
  test('enqueue knows the payload, before the schema made something of it', () => {
    expectTypeOf<PayloadOf<typeof email>>().toEqualTypeOf<{ to: string; size: string }>()
    expectTypeOf<PayloadOf<'email'>>().toBeUnknown()
    expectTypeOf<TaskContext['enqueue']>().toExtend<Client['enqueue']>()
  })

  test('the id of a task knows what it returns, and waitFor and getTask tell it as it is read back', () => {
    const wait = (client: Client, id: TaskId<ResultOf<typeof email>>) => client.waitFor(id)
    type Waited = Awaited<ReturnType<typeof wait>>
    expectTypeOf<Waited['result']>().toEqualTypeOf<{ to: string; size: number; at: string } | undefined>()
    const get = (client: Client, id: TaskId<ResultOf<typeof row>>) => client.getTask(id)
    expectTypeOf<Awaited<ReturnType<typeof get>>>().toExtend<TaskInfo<{ id: number }> | undefined>()
    expectTypeOf<ResultOf<typeof silent>>().toEqualTypeOf<undefined>()
  })

  test('any text is an id; what its task returns is JSON', () => {
    const wait = (client: Client, id: string) => client.waitFor(id)
    expectTypeOf<Awaited<ReturnType<typeof wait>>>().toEqualTypeOf<TaskInfo>()
    expectTypeOf<ResultOf<'email'>>().toEqualTypeOf<Json>()
    expectTypeOf<string>().toExtend<TaskId<number>>()
    expectTypeOf<TaskId<number>>().toExtend<string>()
  })
})

describe('a value that went through JSON', () => {
  test('has text for dates, and nothing for what JSON cannot say', () => {
    expectTypeOf<Stored<{ at: Date; list: Date[] }>>().toEqualTypeOf<{ at: string; list: string[] }>()
    expectTypeOf<Stored<{ f: () => number }>>().toEqualTypeOf<{ f: undefined }>()
    expectTypeOf<Stored<unknown>>().toEqualTypeOf<Json>()
    expectTypeOf<Stored<number | undefined>>().toEqualTypeOf<number | undefined>()
  })
})
