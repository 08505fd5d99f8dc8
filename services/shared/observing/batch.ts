/**
 * Lines are gathered and handed on many at a time: a write for each would cost more than the rest of it. As bytes: a text that is put
 * together of so many would keep all that they were made of until then.
 */
import type { Lines } from '../log.ts';

export interface Batch {
  /** @param line with its end, in ASCII. */
  add(line: string): void;
  /** Hands on what is left; what is added after this is handed on at once. */
  close(): void;
}

const MOST_MS = 100;

export function createBatch(lines: Lines): Batch {
  const gathered = Buffer.allocUnsafeSlow(lines.most);
  let bytes = 0;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  function handOn(): void {
    clearTimeout(timer);
    timer = undefined;
    if (bytes === 0) return;
    const text = gathered.toString('latin1', 0, bytes);
    bytes = 0;
    lines.write(text);
  }

  /** Where the process ends without closing anything: the log's own listener has written what it knew by then. */
  const atExit = () => {
    handOn();
    lines.flushSync();
  };
  process.once('exit', atExit);

  return {
    add: (line) => {
      if (bytes + line.length > gathered.length) handOn();
      if (line.length > gathered.length) lines.write(line);
      else bytes += gathered.write(line, bytes, 'latin1');
      if (isClosed) handOn();
      else timer ??= setTimeout(handOn, MOST_MS).unref();
    },
    close: () => {
      isClosed = true;
      process.off('exit', atExit);
      handOn();
    },
  };
}
