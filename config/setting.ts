/** How a setting is declared and read: every fault is found before any is reported. */
import { readFileSync } from 'node:fs';

export interface Setting<T> {
  /** What it is for, in a sentence; printed by `hallpass settings` and beside a fault. */
  doc: string;
  /** As it would be written in the environment. Absent: it may be unset, and is then `undefined`. */
  default?: string;
  /** Can be given as a file by `NAME_FILE`, and is never printed. */
  secret?: true;
  /** @throws Error saying what it should be: "should be a whole number from 1 to 65535". */
  parse: (text: string) => T;
}

export type Table = Record<string, Setting<unknown>>;
type Parsed<S> = S extends { parse: (text: string) => infer T }
  ? S extends { default: string }
    ? T
    : T | undefined
  : never;
export type Values<T extends Table> = { readonly [Name in keyof T]: Parsed<T[Name]> };
export type Environment = Readonly<Record<string, string | undefined>>;

/** Every wrong setting, one line each: its name, what it should be, what it is for. */
export class SettingsFault extends Error {
  override readonly name = 'SettingsFault';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`${faults.length} wrong ${faults.length === 1 ? 'setting' : 'settings'}:\n${faults.join('\n')}`);
    this.faults = faults;
  }
}

/** @throws SettingsFault naming every setting that is wrong. */
export function readSettings<T extends Table>(table: T, environment: Environment): Values<T> {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(table)) {
    try {
      const text = readText(name, setting, environment) ?? setting.default;
      values[name] = text === undefined ? undefined : setting.parse(text);
    } catch (error) {
      faults.push(`  ${name} ${(error as Error).message}  (${setting.doc})`);
    }
  }
  if (faults.length > 0) throw new SettingsFault(faults);
  return Object.freeze(values) as Values<T>;
}

/** Names with our prefix that are not settings: most likely misspelt. */
export function unknownSettings(table: Table, environment: Environment): string[] {
  const known = Object.entries(table).flatMap(([name, { secret }]) => (secret ? [name, `${name}_FILE`] : [name]));
  return Object.keys(environment).filter((name) => name.startsWith('HALLPASS_') && !known.includes(name));
}

/** An empty variable counts as unset: that is how compose passes on what an operator left out. */
function readText(name: string, { secret }: Setting<unknown>, environment: Environment): string | undefined {
  const text = environment[name] || undefined;
  const file = (secret && environment[`${name}_FILE`]) || undefined;
  if (text !== undefined && file !== undefined) throw new Error(`and ${name}_FILE are both set: use one of them`);
  if (file === undefined) return text;
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new Error(`cannot be read from ${file}: ${(error as NodeJS.ErrnoException).code}`, { cause: error });
  }
}
