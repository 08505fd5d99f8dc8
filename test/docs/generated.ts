/** The parts of README.md that are made from the data: `node test/docs/generated.ts` writes them anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scopes } from '../../services/cli/scopes.ts';
import { settings } from '../../services/cli/settings.ts';
import { FIGURES } from '../../services/shared/observing/figures.ts';
import type { Command } from '../../services/cli/context.ts';

export const README = join(import.meta.dirname, '..', '..', 'README.md');

/** What `/metrics` has, but for the process's own figures. */
const figures: Command = ({ print }) => {
  print('| figure | type | labels | what it is |');
  print('| --- | --- | --- | --- |');
  for (const [name, { type, labels, help }] of Object.entries(FIGURES))
    print(`| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(' ')} | ${help} |`);
  return Promise.resolve();
};

const PARTS: Record<string, Command> = { 'hallpass scopes': scopes, 'hallpass settings': settings, figures };

/** The text with each part as the data has it now. @throws Error where a part's marks are missing. */
export async function regenerated(readme: string): Promise<string> {
  let text = readme;
  for (const [name, command] of Object.entries(PARTS)) {
    const [begin, end] = [`<!-- begin: ${name} -->\n`, `<!-- end: ${name} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < 0) throw new Error(`README.md has no marks for ${name}`);
    const lines = await outputOf(command);
    const part = ['<!-- prettier-ignore-start -->', ...lines, '<!-- prettier-ignore-end -->', ''].join('\n');
    text = text.slice(0, from + begin.length) + part + text.slice(to);
  }
  return text;
}

async function outputOf(command: Command): Promise<string[]> {
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  await command({ args: [], environment: {}, print, note: print, readInput: () => Promise.resolve('') });
  return lines;
}

if (process.argv[1] === import.meta.filename) writeFileSync(README, await regenerated(readFileSync(README, 'utf8')));
