/** `make bench`: each measurement as a table, and as JSON in `test/artefacts/bench/`. */
import { inspect } from 'node:util';
import { gateway } from './gateway.ts';
import { goals } from './goals.ts';
import { latency } from './latency.ts';
import { observing } from './observing.ts';
import { policy } from './policy.ts';
import { profile } from './profile.ts';
import { forgetResults, markdown, writeResult, type ResultRow } from './results.ts';
import { revocation } from './revocation.ts';
import { standing } from './standing.ts';
import { tokenIssue } from './token-issue.ts';
import { tokenMemory } from './token-memory.ts';
import { uploads } from './uploads.ts';
import { workers } from './workers.ts';

const MEASUREMENTS: Record<string, () => Promise<unknown>> = {
  'token-issue': tokenIssue,
  'token-memory': tokenMemory,
  revocation,
  policy,
  gateway,
  latency,
  uploads,
  standing,
  workers,
  observing,
  profile,
  goals,
};
/** Tells where the time goes, and nothing that is compared. */
const ONLY_WHEN_ASKED = ['profile'];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(MEASUREMENTS, name));
if (unknown.length > 0) {
  process.stderr.write(`there is no ${unknown.join(', ')}; there are ${Object.keys(MEASUREMENTS).join(', ')}\n`);
  process.exitCode = 2;
} else {
  const isWanted = (name: string) => (asked.length > 0 ? asked.includes(name) : !ONLY_WHEN_ASKED.includes(name));
  if (asked.length === 0) await forgetResults();
  for (const [name, run] of Object.entries(MEASUREMENTS).filter(([name]) => isWanted(name))) {
    try {
      const rows = (await run()) as ResultRow[];
      const file = await writeResult(name, rows);
      process.stdout.write(`\n## ${name}\n\n${markdown(rows)}\n\n(and as JSON in ${file})\n`);
    } catch (error) {
      process.exitCode = 1;
      process.stderr.write(`\n## ${name}\n\n${inspect(error)}\n`);
    }
  }
}
