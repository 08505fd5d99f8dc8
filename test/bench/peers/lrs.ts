/** An LRS that costs next to nothing: nginx, with the same page for every query and the same receipt for every write. */
import { freePort } from '../../support/free-port.ts';
import type { Run } from '../processes.ts';
import { statement } from '../statements.ts';
import { startNginx, type Peer } from './nginx.ts';

const RECEIPT = '["6f9c6d0e-6f0c-4f52-8d58-0c6e6f5b2a01"]';
const OTHERS = { account: { homePage: 'https://elsewhere.example/token', name: 'another' } };

/** @param own the authority of every second statement. */
export async function startCannedLrs(run: Run, own: object): Promise<Peer> {
  const port = await freePort();
  const big = { statements: Array.from({ length: 100 }, (_, n) => stored(n, OTHERS)), more: '' };
  const files = {
    '1.json': JSON.stringify({ statements: [stored(0, OTHERS)], more: '' }),
    '20.json': JSON.stringify({
      statements: Array.from({ length: 20 }, (_, n) => stored(n, n % 2 ? OTHERS : own)),
      more: '',
    }),
    '100.json': JSON.stringify(big),
  };
  return startNginx({
    run,
    port,
    files,
    http: (folder) => `
  server {
    listen 127.0.0.1:${port} backlog=4096;
    root ${folder}/files;
    default_type application/json;
    add_header X-Experience-API-Version 1.0.3;
    sendfile on;
    open_file_cache max=16 inactive=1h;
    tcp_nodelay on;
    location / {
      client_body_buffer_size 64k;
      if ($content_type ~ ^multipart) { rewrite ^ /whole last; }
      if ($request_method != GET) { return 200 '${RECEIPT}'; }
      try_files /$arg_limit.json /1.json =404;
    }
    # Read to its end before it is answered: by handing it on, to one that is told nothing of it.
    location /whole {
      internal;
      client_body_buffer_size 16m;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header Content-Type "";
      proxy_pass http://127.0.0.1:${port}/read;
    }
  }`,
  });
}

function stored(n: number, authority: object): object {
  return { ...statement(n), stored: '2026-01-01T00:00:00.000Z', authority, version: '1.0.0' };
}
