/** A site of somebody else's, which a browser comes to. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Site {
  url: string;
  close: () => Promise<void>;
}

/** @param onward where it sends a browser that comes to a path; `undefined`: it is a page. */
export async function openSite(onward: (path: string) => string | undefined): Promise<Site> {
  const server = createServer((req, res) => {
    const location = onward(req.url ?? '');
    if (location === undefined) res.setHeader('Content-Type', 'text/html').end('<h1>You are at the client</h1>');
    else res.writeHead(303, { Location: location }).end();
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
