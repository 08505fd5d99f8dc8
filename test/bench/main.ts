/** `make bench`: each measurement as a table, and as JSON after it. */
import { gateway } from './gateway.ts';
import { latency } from './latency.ts';
import { policy } from './policy.ts';
import { revocation } from './revocation.ts';
import { standing } from './standing.ts';
import { tokenIssue } from './token-issue.ts';
import { tokenMemory } from './token-memory.ts';
import { uploads } from './uploads.ts';

const MEASUREMENTS: Record<string, () => Promise<unknown>> = {
  'token-issue': tokenIssue,
  'token-memory': tokenMemory,
  revocation,
  policy,
  gateway,
  latency,
  uploads,
  standing,
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(MEASUREMENTS, name));
if (unknown.length > 0) {
  process.stderr.write(`there is no ${unknown.join(', ')}; there are ${Object.keys(MEASUREMENTS).join(', ')}\n`);
  process.exitCode = 2;
} else {
  for (const [name, run] of Object.entries(MEASUREMENTS).filter(
    ([name]) => asked.length === 0 || asked.includes(name),
  )) {
    const rows = (await run()) as Record<string, unknown>[];
    process.stdout.write(`\n## ${name}\n\n${markdown(rows)}\n\n${JSON.stringify({ [name]: rows })}\n`);
  }
}

function markdown(rows: readonly Record<string, unknown>[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const line = (cells: readonly unknown[]) => `| ${cells.join(' | ')} |`;
  return [
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(columns.map((name) => row[name]))),
  ].join('\n');
}
