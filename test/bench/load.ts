/** A closed loop of HTTP requests over kept-alive connections, and what they cost the process that answers. */
import { Agent, request, type OutgoingHttpHeaders } from 'node:http';
import { cpuNanoseconds } from './cpu.ts';

export interface Call {
  port: number;
  method: string;
  path: string;
  headers: OutgoingHttpHeaders;
  body?: string;
}

export interface Cost {
  requests: number;
  /** CPU of the process under test, all its threads, in microseconds a request. */
  cpuMicroseconds: number;
  perSecond: number;
}

const CONNECTIONS = 32;

/** @throws Error at the first answer that is not `expected`: a benchmark of refusals would look very fast. */
export async function measure(pid: number, count: number, expected: number, next: () => Call): Promise<Cost> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let left = count;
  const [cpuBefore, startedAt] = [cpuNanoseconds(pid), process.hrtime.bigint()];
  const worker = async () => {
    while (left-- > 0) {
      const { status, body } = await send(agent, next());
      if (status !== expected) throw new Error(`answered ${status} instead of ${expected}: ${body}`);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
  const cpu = cpuNanoseconds(pid) - cpuBefore;
  agent.destroy();
  return { requests: count, cpuMicroseconds: cpu / 1000 / count, perSecond: count / seconds };
}

export function send(
  agent: Agent,
  { port, method, path, headers, body }: Call,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const req = request({ host: '127.0.0.1', port, method, path, headers, agent }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      res.on('end', () => resolve({ status: res.statusCode ?? 0, body: text }));
      res.on('error', reject);
    });
    req.on('error', reject);
    req.end(body);
  });
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

export function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
