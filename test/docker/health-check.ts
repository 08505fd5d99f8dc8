/** Runs a container's health check, as Docker would, against a server of the test's own. */
import { createServer, type RequestListener } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { runProcess } from '../support/run-process.ts';

/** @returns its exit status: 0 is healthy. */
export async function runHealthCheck([, ...args]: string[], env: Record<string, string> = {}): Promise<number | null> {
  return (await runProcess(process.execPath, args, { env }).exited).code;
}

export interface Server {
  port: number;
  close(): void;
}

export async function serveLoopback(listener: RequestListener): Promise<Server> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
