import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Backup } from '../../core/backup.ts'

/** A file that tasks are written to before they are removed. */
export type BackupFile = Pick<Backup, 'path' | 'count' | 'write' | 'close'>

/** What the console needs of the machine it runs on, besides its terminal. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Writes a new file that only its owner can read. @returns its path */
  save(name: string, text: string): Promise<string>
  /** Makes a new file for tasks where `save` would put it. */
  backup(name: string): Promise<BackupFile>
  /** Lets the reader's editor change a text. The terminal has to be lent beforehand. @returns the text and how the editor ended */
  edit(text: string): Promise<{ readonly text: string; readonly code: number }>
  /** Shows a text in the reader's pager, and resolves when that is left. The terminal has to be lent beforehand. */
  page(text: string): Promise<void>
}

const OWNER_ONLY = 0o600

/** Here, else at home, else in the temporary folder: some place can be written to. */
async function somewhere<T>(name: string, write: (path: string) => Promise<T>): Promise<T> {
  const folders = [process.cwd(), homedir(), tmpdir()]
  for (const [at, folder] of folders.entries()) {
    const path = join(folder, name)
    try {
      return await write(path)
    } catch (error) {
      // A folder that may not be written to is passed over; the last one has to do.
      if (at === folders.length - 1) throw error
    }
  }
  throw new Error('there is no folder to write to')
}

const save = (name: string, text: string): Promise<string> =>
  somewhere(name, async (path) => {
    await writeFile(path, text, { flag: 'wx', mode: OWNER_ONLY })
    return path
  })

const backup = (name: string): Promise<Backup> => somewhere(name, (path) => Backup.create(path))

/** @returns its exit code, or 128 when a signal ended it. */
function run(command: string, file: string): Promise<number> {
  const child = spawn('sh', ['-c', `${command} "$1"`, 'sh', file], {
    stdio: 'inherit',
    env: { ...process.env, LESSSECURE: '1' },
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 128))
  })
}

/** Runs a program on a text in a folder of its own, that nobody else can look into. */
async function onFile<T>(name: string, text: string, work: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'dq-top-'))
  try {
    const file = join(folder, name)
    await writeFile(file, text, { mode: OWNER_ONLY })
    return await work(file)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function page(text: string): Promise<void> {
  await onFile('task.txt', text, (file) => run(process.env['PAGER'] || 'less', file))
}

const edit: Surroundings['edit'] = (text) =>
  onFile('payload.json', text, async (file) => {
    const code = await run(process.env['VISUAL'] || process.env['EDITOR'] || 'vi', file)
    return { text: await readFile(file, 'utf8'), code }
  })

export const SURROUNDINGS: Surroundings = { env: process.env, save, backup, edit, page }
