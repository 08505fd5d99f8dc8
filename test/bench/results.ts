/** What a measurement found: rows for people to read, and a file with all there is in them. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join, relative } from 'node:path';

export type ResultRow = Record<string, unknown>;

export interface Result {
  /** When, by RFC 3339. */
  measured: string;
  on: string;
  rows: ResultRow[];
}

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(ROOT, 'test/artefacts/bench');

/** @returns the file's name, from the root of the repository. */
export async function writeResult(name: string, rows: ResultRow[]): Promise<string> {
  const file = join(FOLDER, `${name}.json`);
  await mkdir(FOLDER, { recursive: true });
  const result: Result = {
    measured: new Date().toISOString(),
    on: `${cpus()[0]?.model}, Node ${process.version}`,
    rows,
  };
  await writeFile(file, `${JSON.stringify(result, undefined, 1)}\n`);
  return relative(ROOT, file);
}

/** So that a run of everything is judged by itself. */
export async function forgetResults(): Promise<void> {
  await rm(FOLDER, { recursive: true, force: true });
}

/** @returns nothing where it was not measured. */
export async function readResult(name: string): Promise<Result | undefined> {
  try {
    return JSON.parse(await readFile(join(FOLDER, `${name}.json`), 'utf8')) as Result;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A table of what is one value; the lists beneath are for the file. */
export function markdown(rows: readonly ResultRow[]): string {
  const columns = Object.keys(rows[0] ?? {}).filter((name) => typeof rows[0]?.[name] !== 'object');
  const line = (cells: readonly unknown[]) => `| ${cells.join(' | ')} |`;
  return [
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(columns.map((name) => row[name]))),
  ].join('\n');
}
