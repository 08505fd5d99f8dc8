/** Where a call came from, as the token service is told it: by the gateway alone. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { passOn } from '../../services/gateway/pass-on.ts';
import { callerAddress } from '../../services/shared/caller-address.ts';
import { rawRequest } from '../support/raw-request.ts';

let service: Server;
let gateway: Server;
const seen: { headers: IncomingHttpHeaders; address: string | undefined }[] = [];
const listen = (server: Server) => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
const portOf = (server: Server) => (server.address() as AddressInfo).port;

beforeAll(async () => {
  service = createServer((req, res) => {
    seen.push({ headers: req.headers, address: callerAddress(req) });
    res.end('ok');
  });
  await listen(service);
  const target = `http://127.0.0.1:${portOf(service)}`;
  const onError = (error: Error) => {
    throw error;
  };
  gateway = createServer(express().use(passOn({ target, settled: () => Promise.resolve(), onError })));
  await listen(gateway);
});
afterAll(() => {
  for (const server of [gateway, service]) {
    server.closeAllConnections();
    server.close();
  }
});

describe('the address of a caller', () => {
  it.each([
    [],
    ['X-Hallpass-Address: 203.0.113.9'],
    ['x_hallpass_address: 203.0.113.9'],
    ['X-Forwarded-For: 203.0.113.9', 'Forwarded: for=203.0.113.9', 'X-Real-IP: 203.0.113.9'],
  ])('is the one that the gateway sees, whatever the caller says: %j', async (...headers) => {
    seen.length = 0;
    const lines = ['GET /sign-in/a HTTP/1.1', 'Host: a', 'Connection: close', ...headers, '', ''];
    await rawRequest(portOf(gateway), lines.join('\r\n'));
    expect(seen.map(({ address }) => address)).toEqual(['127.0.0.1']);
    expect(JSON.stringify(seen)).not.toContain('203.0.113.9');
  });
});
