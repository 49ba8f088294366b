import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { NODE, ROOT } from './process.ts'

/** A fenced part of a page. */
export interface Block {
  readonly language: string
  readonly line: number
  readonly text: string
  /** Of TypeScript: the file it becomes. Its first line may name it (`// tasks.ts`), so that others can import it. */
  readonly file: string
  /** What the page says that it prints: the `text` block that follows it, or follows the words "It prints" after it. */
  readonly prints: readonly string[] | undefined
}

export interface Page {
  /** From the root of the repository, such as `docs/RECIPES.md`. */
  readonly path: string
  readonly text: string
  readonly blocks: readonly Block[]
}

const FENCE = /(?:^<!-- given: ([^]*?) -->\n)?^```(\w+)\n([^]*?)^```$/gm
const PRINTS = /^\n+(?:It prints[^\n]*:\n\n)?```text\n([^]*?)^```$/m

/** Reads a page. `<!-- given: code -->` before a block is code that it needs and readers can do without. */
export function readPage(path: string): Page {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const blocks: Block[] = []
  for (const found of text.matchAll(FENCE)) {
    const [whole, given = '', language = '', body = ''] = found
    const end = found.index + whole.length
    const line = text.slice(0, found.index).split('\n').length
    const [, named] = /^\/\/ ([\w.-]+\.ts)\b/.exec(body) ?? []
    const [, printed] = new RegExp(`^${PRINTS.source}`, 'm').exec(text.slice(end)) ?? []
    const follows = text.slice(end).search(PRINTS) === 0
    blocks.push({
      language,
      line,
      text: given === '' ? body : `${given}\n${body}`,
      file: named ?? `line-${line}.ts`,
      prints: follows && printed !== undefined ? printed.trimEnd().split('\n') : undefined,
    })
  }
  return { path, text, blocks }
}

/** Commands of this project that a page mentions within its sentences. */
export const inlineCommands = ({ text }: Page): string[] =>
  Array.from(text.replaceAll(/^```[^]*?^```$/gm, '').matchAll(/`(dq [^`]+)`/g), ([, command]) => command!)

export interface LaidOut {
  readonly folder: string
  readonly folderOf: (page: Page) => string
  /** Has `dq`, `dq-daemon` and `node`. */
  readonly bin: string
  remove(): void
}

/** A folder as somebody has it who installed the package, with the files of the pages. */
export function layOut(pages: readonly Page[]): LaidOut {
  const folder = mkdtempSync(join(tmpdir(), 'dq-pages-'))
  installIn(folder)
  const folderOf = (page: Page): string => join(folder, basename(page.path, '.md').toLowerCase())
  for (const page of pages) {
    mkdirSync(folderOf(page))
    for (const block of page.blocks)
      if (block.language === 'ts') writeFileSync(join(folderOf(page), block.file), `${block.text}\nexport {}\n`)
  }
  return { folder, folderOf, bin: join(folder, 'bin'), remove: () => rmSync(folder, { recursive: true, force: true }) }
}

function installIn(folder: string): void {
  const library = join(ROOT, 'src', 'core', 'index.ts')
  const packages = join(folder, 'node_modules')
  mkdirSync(join(packages, 'distributedq'), { recursive: true })
  for (const name of ['@types', 'fastify', 'zod']) symlinkSync(join(ROOT, 'node_modules', name), join(packages, name))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(packages, 'distributedq', 'package.json'), '{ "type": "module", "exports": "./index.js" }')
  writeFileSync(
    join(packages, 'distributedq', 'index.js'),
    `export * from ${JSON.stringify(pathToFileURL(library).href)}\n`,
  )
  const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, 'tsconfig.json'), 'utf8')) as {
    compilerOptions: object
  }
  const paths = { distributedq: [library] }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...compilerOptions, paths }, include: ['*/*.ts'] }),
  )
  mkdirSync(join(folder, 'bin'))
  for (const [name, main] of Object.entries({ dq: 'cli', 'dq-daemon': 'daemon' }))
    writeFileSync(
      join(folder, 'bin', name),
      `#!/bin/sh\nexec '${NODE}' '${join(ROOT, 'src', main, 'main.ts')}' "$@"\n`,
      { mode: 0o755 },
    )
  symlinkSync(NODE, join(folder, 'bin', 'node'))
}

/** Whether lines are those of a page, where `…` stands for anything. */
export function fits(lines: readonly string[], wanted: readonly string[]): boolean {
  const pattern = wanted
    .map((line) =>
      line
        .trimEnd()
        .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
        .replaceAll('…', '.*'),
    )
    .join('\n')
  return new RegExp(`^${pattern}$`).test(lines.map((line) => line.trimEnd()).join('\n'))
}
