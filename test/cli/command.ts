/** A command without a process around it: what it prints and notes, or throws. */
import type { Command } from '../../services/cli/context.ts';

export interface Said {
  /** Standard output. */
  printed: string;
  /** Standard error. */
  noted: string;
}

export async function runCommand(
  command: Command,
  args: string[],
  environment: Record<string, string>,
  input = '',
): Promise<Said> {
  const printed: string[] = [];
  const noted: string[] = [];
  await command({
    args,
    environment,
    print: (line) => void printed.push(line),
    note: (line) => void noted.push(line),
    readInput: () => Promise.resolve(input),
  });
  return { printed: printed.join('\n'), noted: noted.join('\n') };
}
