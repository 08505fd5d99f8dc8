/** Reads a command's options; whatever is wrong with them is a usage error. */
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { UsageError } from './context.ts';

type Parsed<T extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ args: string[]; options: T; allowPositionals: true; strict: true }>
>;

/** What {@link readOptions} makes of a table of options. */
export type ValuesOf<T extends ParseArgsOptionsConfig> = {
  -readonly [Name in keyof T]?: ValueOf<T[Name]> | undefined;
};
type ValueOf<O> = O extends { multiple: true } ? One<O>[] : One<O>;
type One<O> = O extends { type: 'boolean' } ? boolean : string;

/** An id or a token of ours, 32 bytes in base64url: one in 64 begins with `-`, and is no option. */
const OURS = /^-[\w-]{42}$/;

/** @throws UsageError for an option there is not, or one without its value. */
export function readOptions<const T extends ParseArgsOptionsConfig>(args: string[], options: T): Parsed<T> {
  try {
    return parseArgs({ args: withOursApart(args, options), options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function withOursApart(args: readonly string[], options: ParseArgsOptionsConfig): string[] {
  const isValue = (at: number) => options[args[at - 1]?.replace(/^--/, '') ?? '']?.type === 'string';
  const isOurs = (arg: string, at: number) => OURS.test(arg) && !isValue(at);
  const ours = args.filter(isOurs);
  const others = args.filter((arg, at) => !isOurs(arg, at));
  return ours.length === 0 ? others : [...others, ...(others.includes('--') ? [] : ['--']), ...ours];
}

/** @throws UsageError for less than `least`. */
export function wholeSeconds(name: string, text: string | undefined, least = 1): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text) || Number(text) < least)
    throw new UsageError(
      `--${name} should be a whole number of seconds, at least ${least}, not ${JSON.stringify(text)}`,
    );
  return Number(text);
}

/** @throws UsageError unless there is exactly one. */
export function onlyPositional(positionals: readonly string[], what: string): string {
  const [value] = positionals;
  if (value === undefined || positionals.length > 1) throw new UsageError(`name one ${what}`);
  return value;
}

const MAX_TEXT_LENGTH = 200;

/** @throws UsageError unless it is one line. */
export function oneLine(name: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const value = text.trim();
  if (value === '' || value.length > MAX_TEXT_LENGTH || /\p{Cc}/u.test(value))
    throw new UsageError(`--${name} should be one line of 1 to ${MAX_TEXT_LENGTH} characters`);
  return value;
}

/** @throws UsageError naming them all, unless it is one of them. */
export function oneOfThese<const T extends string>(
  name: string,
  text: string | undefined,
  known: readonly T[],
): T | undefined {
  const value = known.find((one) => one === text);
  if (text !== undefined && value === undefined)
    throw new UsageError(`--${name} should be one of ${known.join(', ')}, not ${JSON.stringify(text)}`);
  return value;
}

/** @param read throws an Error with a sentence that begins "should". @throws UsageError with that sentence. */
export function readAs<T>(name: string, text: string, read: (text: string) => T): T {
  try {
    return read(text);
  } catch (error) {
    throw new UsageError(`--${name} ${(error as Error).message}`, { cause: error });
  }
}

/** @throws UsageError where an option and its opposite are both there. */
export function notBoth(
  values: Readonly<Record<string, unknown>>,
  pairs: readonly (readonly [string, string])[],
): void {
  for (const [one, other] of pairs)
    if (values[one] !== undefined && values[other] !== undefined)
      throw new UsageError(`--${one} or --${other}, not both`);
}
