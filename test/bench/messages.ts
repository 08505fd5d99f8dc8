/** What a load sends, as Node sends it: the same requests and header lines that requests.lua gives wrk. */
import { readFile } from 'node:fs/promises';
import type { Load } from './wrk.ts';

/** The start of a request up to its own header lines, and what comes behind them. */
export type Sent = readonly [start: Buffer, rest: Buffer];

/**
 * @returns what gives each request in turn, with header lines of its own: those in turn as well, from anywhere on, so that
 *   as many calls as there are tokens use each once.
 * @throws Error where lines that are good for one call run out.
 */
export async function messagesOf({ requests, headers, count }: Load): Promise<() => Sent> {
  const messages = await Promise.all(requests.map(async (file) => halves(await readFile(file))));
  const lineOf = headers.startsWith('@') ? await linesOf(headers.slice(1)) : (n: number) => numbered(headers, n);
  let [turn, line] = [0, Math.floor(Math.random() * count)];
  return () => {
    const message = messages[turn++ % messages.length];
    if (!message) throw new Error('a load without requests');
    const lines = lineOf(count > 0 ? line++ % count : line++);
    return [Buffer.from(`${message.start}${lines}`, 'latin1'), message.rest];
  };
}

function halves(text: Buffer) {
  const mark = text.indexOf('@@');
  return { start: text.toString('latin1', 0, mark), rest: text.subarray(mark + 2) };
}

function numbered(prefix: string, n: number): string {
  return `Authorization: Bearer ${prefix}${String(n).padStart(23, '0')}\r\n`;
}

async function linesOf(file: string): Promise<(n: number) => string> {
  const lines = (await readFile(file, 'latin1')).split('\n').map((line) => `${line.replaceAll('\\n', '\r\n')}\r\n`);
  return (n) => {
    const line = lines[n];
    if (line === undefined) throw new Error(`${file} has ${lines.length} lines, and more calls were made`);
    return line;
  };
}
