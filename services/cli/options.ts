/** Reads a command's options; whatever is wrong with them is a usage error. */
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { UsageError } from './context.ts';

type Parsed<T extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ args: string[]; options: T; allowPositionals: true; strict: true }>
>;

/** @throws UsageError for an option there is not, or one without its value. */
export function readOptions<const T extends ParseArgsOptionsConfig>(args: string[], options: T): Parsed<T> {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** @throws UsageError */
export function wholeSeconds(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1)
    throw new UsageError(`--${name} should be a whole number of seconds, at least 1, not ${JSON.stringify(text)}`);
  return Number(text);
}

/** @throws UsageError unless there is exactly one. */
export function onlyPositional(positionals: readonly string[], what: string): string {
  const [value] = positionals;
  if (value === undefined || positionals.length > 1) throw new UsageError(`name one ${what}`);
  return value;
}
