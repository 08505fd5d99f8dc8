/** Lines are gathered and handed on many at a time: a write for each would cost more than the rest of it. */
import type { Lines } from '../log.ts';

export interface Batch {
  /** @param line with its end, in ASCII. */
  add(line: string): void;
  /** Hands on what is left; what is added after this is handed on at once. */
  close(): void;
}

const MOST_MS = 100;

export function createBatch(lines: Lines): Batch {
  let gathered = '';
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  function handOn(): void {
    clearTimeout(timer);
    timer = undefined;
    if (gathered === '') return;
    const text = gathered;
    gathered = '';
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
      if (gathered.length + line.length > lines.most) handOn();
      gathered += line;
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
