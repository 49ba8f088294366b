import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT, spawnNode } from '../helpers/process.ts'
import { choicesOf } from './lib/choices.ts'
import { readOptions } from './options.ts'
import { RUN_NAMES } from './scenarios/index.ts'

const MAIN = join(ROOT, 'test', 'chaos', 'main.ts')

describe('options of the chaos runs', () => {
  it('take a seed, sizes and a profile, and play the run of that profile', () => {
    const args = ['--seed', '7', '--tasks', '100', '--faults', '3', '--profile', 'full']
    expect(readOptions(args)).toEqual({ seed: 7, tasks: 100, faults: 3, profile: 'full', runs: ['full'] })
    expect(readOptions(['--seed', '1'])).toMatchObject({ profile: 'fast', runs: ['fast'], tasks: undefined })
  })

  it('take several runs, or all', () => {
    expect(readOptions(['--run', 'kills,dlq'])?.runs).toEqual(['kills', 'dlq'])
    expect(readOptions(['--run', 'all'])?.runs).toEqual(RUN_NAMES)
  })

  it.each([
    [['--tasks', 'many'], '--tasks many is no whole number of at least 1'],
    [['--faults', '0'], '--faults 0 is no whole number of at least 1'],
    [['--seed', '1.5'], '--seed 1.5 is no whole number of at least 0'],
    [['--profile', 'slow'], '--profile slow is none of fast, full'],
    [['--run', 'kills,nothing'], '--run nothing is none of fast, kills, full'],
    [['--what'], "Unknown option '--what'"],
    [['kills'], "Unexpected argument 'kills'"],
  ])('refuse %j', (args, message) => {
    expect(() => readOptions(args)).toThrow(message)
  })
})

describe('the program', () => {
  it('ends with 2 and one line for a wrong option', async () => {
    const child = spawnNode(MAIN, { args: ['--tasks', 'many'] })
    expect(await child.exit).toEqual({ code: 2, signal: null })
    expect(child.stdout).toEqual([])
    expect(child.stderr).toEqual(['--tasks many is no whole number of at least 1; see npm run chaos -- --help'])
  })

  it('names every run in its help', async () => {
    const child = spawnNode(MAIN, { args: ['--help'] })
    expect(await child.exit).toEqual({ code: 0, signal: null })
    for (const name of RUN_NAMES) expect(child.stdout.join('\n')).toMatch(new RegExp(`^  ${name} +\\w`, 'm'))
  })
})

describe('choices', () => {
  const draw = (seed: number, name: string): number[] => {
    const { between } = choicesOf(seed, name)
    return Array.from({ length: 50 }, () => between(1, 1_000))
  }

  it('are the same for the same seed and use, and others for others', () => {
    expect(draw(5, 'victims')).toEqual(draw(5, 'victims'))
    expect(draw(5, 'victims')).not.toEqual(draw(6, 'victims'))
    expect(draw(5, 'victims')).not.toEqual(draw(5, 'lengths'))
  })

  it('stay within their bounds, and shuffle without loss', () => {
    for (const n of draw(9, 'bounds')) expect(n >= 1 && n <= 1_000).toBe(true)
    const list = Array.from({ length: 30 }, (_, i) => i)
    const shuffled = choicesOf(9, 'shuffle').shuffled(list)
    expect(shuffled).not.toEqual(list)
    expect(shuffled.toSorted((a, b) => a - b)).toEqual(list)
  })
})
