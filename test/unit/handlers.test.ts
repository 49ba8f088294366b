import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { DqError } from '../../src/core/errors.ts'
import {
  type TaskDefinition,
  type Tasks,
  defineTask,
  isTaskDefinition,
  normaliseTasks,
  validatePayload,
} from '../../src/core/handlers.ts'
import type { Schema } from '../../src/core/standard-schema.ts'

const run = (): number => 1
const email = defineTask({ type: 'email', payload: z.object({ to: z.string() }), run: ({ to }) => to.length })

async function problemOf(act: () => unknown): Promise<DqError> {
  try {
    await act()
  } catch (error) {
    if (error instanceof DqError) return error
    throw error
  }
  throw new Error('it was accepted')
}

describe('defineTask', () => {
  it('keeps the policy of a type, checked, with durations in ms', () => {
    const definition = defineTask({
      type: 'email',
      queue: 'mail',
      priority: 'high',
      timeout: '30s',
      retry: { limit: 5, backoff: 'fixed', base: '1s' },
      resultTtl: 0,
      run,
    })
    expect(definition).toMatchObject({
      type: 'email',
      queue: 'mail',
      priority: 'high',
      timeoutMs: 30_000,
      retry: { limit: 5, backoff: 'fixed', baseMs: 1000 },
      resultTtlMs: 0,
      schema: undefined,
    })
    expect(isTaskDefinition(definition)).toBe(true)
  })

  it('leaves open what was not said', () => {
    expect(defineTask({ type: 'x', run })).toMatchObject({
      queue: undefined,
      priority: undefined,
      timeoutMs: undefined,
      resultTtlMs: undefined,
      retry: { limit: undefined },
    })
  })

  it.each(['dependsOn'])('refuses %s as not supported, by name', async (option) => {
    const problem = await problemOf(() => defineTask({ type: 'x', run, [option]: 5 }))
    expect(problem.code).toBe('not_supported')
    expect(problem.details).toEqual([option])
    expect(problem.message).toContain(option)
  })

  it.each([
    [{ type: 'no spaces' }, 'type'],
    [{ type: '' }, 'type'],
    [{ type: 'x'.repeat(65) }, 'type'],
    [{ queue: '{x}' }, 'task x: queue'],
    [{ priority: 'urgent' }, 'priority'],
    [{ isolation: 'vm' }, 'isolation'],
    [{ module: './here.ts' }, 'module'],
    [{ timeout: 'soon' }, 'task x: timeout'],
    [{ timeout: 0 }, 'timeout'],
    [{ retry: { limit: -1 } }, 'task x: retry.limit'],
    [{ resultTtl: 'x' }, 'task x: resultTtl'],
    [{ unique: { for: 0 } }, 'unique'],
    [{ payload: { to: 'string' } }, 'payload'],
    [{ run: 'x' }, 'run'],
    [{ retries: 3 }, 'retries'],
  ])('refuses %o and names %s', async (change, field) => {
    const problem = await problemOf(() => defineTask({ type: 'x', run, ...change } as Parameters<typeof defineTask>[0]))
    expect(problem.code).toBe('invalid_input')
    expect(problem.details).toEqual([field])
  })

  it('lets types flow from the schema to the handler and to enqueue', () => {
    const task = defineTask({
      type: 'x',
      payload: z.object({ n: z.string().transform(Number) }),
      run(payload, context) {
        expectTypeOf(payload).toEqualTypeOf<{ n: number }>()
        expectTypeOf(context.attempt).toEqualTypeOf<number>()
        return payload.n
      },
    })
    expectTypeOf(task).toEqualTypeOf<TaskDefinition<{ n: string }, number, { n: number }>>()
    expectTypeOf(task).toExtend<TaskDefinition>()
  })
})

describe('the payload of a definition', () => {
  it('is given back as it came, for its schema runs again before the handler', async () => {
    const dated = defineTask({ type: 'x', payload: z.object({ n: z.string().transform(Number) }), run })
    const payload = { n: '5' }
    expect(await validatePayload(dated, payload)).toBe(payload)
  })

  it('is refused when it does not fit, naming the fields and not their values', async () => {
    const problem = await problemOf(() => validatePayload(email, { to: 12_345 }))
    expect(problem.code).toBe('invalid_input')
    expect(problem.details).toEqual(['to'])
    expect(problem.message).toMatch(/^payload of email is not valid: to: /)
    expect(problem.message).not.toContain('12345')
  })

  it('may have an asynchronous schema', async () => {
    const schema: Schema = {
      '~standard': {
        version: 1,
        vendor: 'own',
        validate: async (value) => (value === 1 ? { value } : { issues: [{ message: 'not one' }] }),
      },
    }
    const task = defineTask({ type: 'x', payload: schema, run })
    expect(await validatePayload(task, 1)).toBe(1)
    expect((await problemOf(() => validatePayload(task, 2))).message).toContain('payload: not one')
  })

  it('shows the first problems only', async () => {
    const many = defineTask({ type: 'x', payload: z.array(z.number()), run })
    const problem = await problemOf(() =>
      validatePayload(many, Array.from({ length: 50 }, () => 'x') as unknown as number[]),
    )
    expect(problem.message).toContain('and 45 more')
  })
})

describe('the tasks of a worker', () => {
  it('may be an array of definitions', () => {
    expect([...normaliseTasks([email]).keys()]).toEqual(['email'])
  })

  it('may be an object of plain functions by type, and of definitions', () => {
    const tasks = normaliseTasks({ cleanup: async () => 1, exported: email })
    expect([...tasks.keys()]).toEqual(['cleanup', 'email'])
    expect(tasks.get('email')).toBe(email)
    expect(tasks.get('cleanup')).toMatchObject({ type: 'cleanup', timeoutMs: undefined })
  })

  it('may hold one definition twice, but not two of one type', async () => {
    expect(normaliseTasks([email, email]).size).toBe(1)
    const problem = await problemOf(() => normaliseTasks([email, defineTask({ type: 'email', run })]))
    expect(problem.message).toContain('two handlers for email')
  })

  it.each([
    [{ email: 5 }, 'email'],
    [[null], 'number 1'],
    [{ 'no name': run }, 'no name'],
  ])('refuses %o and names %s', async (tasks, name) => {
    const problem = await problemOf(() => normaliseTasks(tasks as unknown as Tasks))
    expect(problem.code).toBe('invalid_input')
    expect(problem.message).toContain(name)
  })
})
