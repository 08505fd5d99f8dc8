/** nginx as operators would put it in front of an LRS: passing on, and asking about each token first. */
import { freePort } from '../../support/free-port.ts';
import type { Run } from '../processes.ts';
import { startNginx, type Peer } from './nginx.ts';

const KEPT_ALIVE = 'proxy_http_version 1.1; proxy_set_header Connection "";';

/** Passes everything on. Uploads are not gathered, as hallpass does not. */
export async function startPlainNginx(run: Run, lrsPort: number): Promise<Peer> {
  const port = await freePort();
  return startNginx({
    run,
    port,
    http: () => `
  upstream lrs { server 127.0.0.1:${lrsPort}; keepalive 256; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location /xapi/ {
      ${KEPT_ALIVE}
      proxy_request_buffering off;
      proxy_set_header Authorization "Basic Z2F0ZXdheTphIHBhc3N3b3Jk";
      proxy_pass http://lrs/xAPI/;
    }
  }`,
  });
}

export interface Introspection {
  /** Of the token service. */
  port: number;
  clientId: string;
  secret: string;
}

/**
 * `auth_request` to the introspection endpoint, its answers cached for as long as hallpass caches its own. It asks whether
 * there is an answer: nginx alone cannot read what the answer says.
 */
export async function startAskingNginx(run: Run, lrsPort: number, asked: Introspection): Promise<Peer> {
  const port = await freePort();
  const basic = Buffer.from(`${asked.clientId}:${asked.secret}`).toString('base64');
  return startNginx({
    run,
    port,
    http: (folder) => `
  upstream lrs { server 127.0.0.1:${lrsPort}; keepalive 256; }
  upstream introspection { server 127.0.0.1:${asked.port}; keepalive 64; }
  proxy_cache_path ${folder}/cache levels=1:2 keys_zone=tokens:64m max_size=4g inactive=60s use_temp_path=off;
  map $http_authorization $bearer { default ""; "~*^bearer +(?<t>[-A-Za-z0-9._~+/]+=*)$" $t; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location /xapi/ {
      auth_request /introspect;
      ${KEPT_ALIVE}
      proxy_request_buffering off;
      proxy_set_header Authorization "Basic Z2F0ZXdheTphIHBhc3N3b3Jk";
      proxy_pass http://lrs/xAPI/;
    }
    location = /introspect {
      internal;
      ${KEPT_ALIVE}
      proxy_method POST;
      proxy_set_header Authorization "Basic ${basic}";
      proxy_set_header Content-Type application/x-www-form-urlencoded;
      proxy_set_body "token=$bearer";
      proxy_cache tokens;
      proxy_cache_methods GET HEAD POST;
      proxy_cache_key $bearer;
      proxy_cache_valid 200 30s;
      proxy_cache_lock on;
      proxy_ignore_headers Cache-Control Expires Set-Cookie;
      proxy_pass http://introspection/oauth2/introspect;
    }
  }`,
  });
}

/** TLS in front of the token service: mod_auth_openidc asks nobody without. @returns where it is asked so. */
export async function startTlsNginx(run: Run, tokenPort: number, { certFile, keyFile }: Certificate): Promise<Peer> {
  const port = await freePort();
  return startNginx({
    run,
    port,
    http: () => `
  upstream token { server 127.0.0.1:${tokenPort}; keepalive 64; }
  server {
    listen 127.0.0.1:${port} ssl backlog=4096;
    ssl_certificate ${certFile};
    ssl_certificate_key ${keyFile};
    ssl_session_cache shared:tls:8m;
    location / { ${KEPT_ALIVE} proxy_pass http://token; }
  }`,
  });
}

interface Certificate {
  certFile: string;
  keyFile: string;
}
