import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { TaskInfo } from './task.ts'
import { visibleJson } from './visible.ts'
import { taskToWire } from './wire.ts'

const OWNER_ONLY = 0o600

/** A new name survives a crash of the machine once its folder was written, too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** As it is shown, and of what is encrypted what is stored: whoever has the key can open it, see docs/ENCRYPTION.md. */
function kept(task: TaskInfo): object {
  const { sealed } = task
  if (sealed === undefined) return taskToWire(task)
  return {
    ...taskToWire(task),
    sealed: { ...sealed, attempts: task.attempts.map((attempt) => attempt.sealed ?? null) },
  }
}

/** A new file for tasks that are about to be removed: one a line, as JSON, as `dq get --json` shows them. */
export class Backup {
  readonly path: string
  readonly #file: FileHandle
  #count = 0

  private constructor(path: string, file: FileHandle) {
    this.path = path
    this.#file = file
  }

  /** Only its owner can read it. @throws the system's error, as for a file that is there already. */
  static async create(path: string): Promise<Backup> {
    const file = await open(path, 'wx', OWNER_ONLY)
    await syncFolder(dirname(path))
    return new Backup(path, file)
  }

  /** How many tasks it has. */
  get count(): number {
    return this.#count
  }

  /** Resolves when they are on the disk. */
  async write(tasks: readonly TaskInfo[]): Promise<void> {
    if (tasks.length === 0) return
    await this.#file.appendFile(tasks.map((task) => `${visibleJson(kept(task))}\n`).join(''))
    await this.#file.sync()
    this.#count += tasks.length
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}
