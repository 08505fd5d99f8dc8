/** What a command is given, so that a test can give it something else. */
import type { Environment } from '../../config/setting.ts';

export interface Context {
  /** After the verb. */
  args: string[];
  environment: Environment;
  /** A command's own output: standard output, a line. */
  print: (line: string) => void;
  /** What is said about it: standard error, a line. */
  note: (line: string) => void;
  readInput: () => Promise<string>;
}

/** Used wrongly: said with the usage, exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Could not be done: said as it is, exit status 1. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

/** Another process, which could not start, has said why: the exit status is its own. */
export class SaidElsewhere extends Error {
  override readonly name = 'SaidElsewhere';
  readonly status: number;

  constructor(status: number) {
    super(`a process that was started ended with ${status}`);
    this.status = status;
  }
}

export type Command = (context: Context) => Promise<void>;
