/**
 * The dependency audit: known vulnerabilities in what is shipped, as the registry knows them. Fails on any; where the
 * registry has no audit service it says that nothing was checked, loudly, rather than pass for checked.
 */
import { spawnSync } from 'node:child_process';

const { stdout, stderr, status } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8' });
const report = parse(stdout);

if (report?.metadata) {
  const total = Object.values(report.metadata.vulnerabilities).reduce((sum, count) => sum + count, 0);
  const counts = JSON.stringify(report.metadata.vulnerabilities);
  process.stdout.write(
    `dependency audit: ${status === 0 ? 'no known vulnerability' : `FAILED, ${total}: ${counts}`}\n`,
  );
  process.exitCode = status === 0 ? 0 : 1;
} else {
  process.stdout.write('dependency audit: NOT CHECKED, the registry gave no audit report:\n');
  process.stdout.write(`  ${reasonIn(stderr)}\n`);
}

function reasonIn(text: string): string {
  const lines = text.split('\n');
  return lines.find((line) => /audit .*(\d{3}|error|fail)/i.test(line)) ?? lines[0] ?? '';
}

interface Report {
  metadata?: { vulnerabilities: Record<string, number> };
}

function parse(text: string): Report | undefined {
  try {
    return JSON.parse(text) as Report;
  } catch {
    return undefined;
  }
}
