import { spawn } from 'node:child_process'

/**
 * Ends a process, and removes a folder, once this process is gone by whatever way, SIGKILL included:
 * a small shell waits for the end of a pipe that only this process holds open.
 * @returns call it once the process has ended by itself; the guard then does nothing any more.
 */
export function endWithThisProcess(pid: number, folder = ''): () => void {
  const script = `trap '' HUP INT TERM; read -r _; kill -9 "$1" 2>/dev/null; [ -z "$2" ] || rm -rf "$2"`
  const guard = spawn('sh', ['-c', script, 'guard', String(pid), folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  guard.unref()
  // The pipe must not keep this process alive; the guard is ended before it ever closes from the other side.
  if ('unref' in guard.stdin && typeof guard.stdin.unref === 'function') guard.stdin.unref()
  guard.stdin.on('error', () => {})
  return () => guard.kill('SIGKILL')
}
