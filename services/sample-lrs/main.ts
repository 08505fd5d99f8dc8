/** Listens. What is printed is the caller's business. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basePathOf, createSampleLrs, type SampleLrsOptions } from './app.ts';

export interface SampleLrs {
  /** With the base path: what a client is given as its endpoint. */
  url: string;
  port: number;
  close(): Promise<void>;
}

export async function startSampleLrs(options: SampleLrsOptions & { host: string; port: number }): Promise<SampleLrs> {
  const server = createServer(createSampleLrs(options));
  // longer than a gateway keeps an idle connection for reuse, so that the gateway is the one to end it
  server.keepAliveTimeout = 65_000;
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}${basePathOf(options)}`,
    port,
    close: async () => {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
