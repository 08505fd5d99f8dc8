/**
 * Makes a child process end when the test process does, however that ends.
 *
 * An 'exit' hook would not do: jest gives tests a copy of `process` whose 'exit' never comes, and no hook runs after
 * SIGKILL. So beside each child a shell waits on a pipe from the test process: a line on it means that the child ended
 * by itself; the end of the pipe means that the test process is gone, and the shell kills the child by its pid.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';

const WATCH = `trap '' INT TERM HUP; read -r ended || kill -KILL "$0"`;

export function endWithTests(child: ChildProcess): void {
  if (child.pid === undefined) return;
  const guard = spawn('/bin/sh', ['-c', WATCH, String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: {},
  });
  guard.unref();
  guard.stdin.on('error', () => undefined);
  if (guard.stdin instanceof Socket) guard.stdin.unref();
  child.once('exit', () => guard.stdin.end('ended\n'));
}
