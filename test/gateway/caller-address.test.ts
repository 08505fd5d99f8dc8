/** Where a call came from, as the token service is told it: by the gateway alone, and by the proxies that it trusts. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { subnets } from '../../config/subnets.ts';
import { passOn } from '../../services/gateway/pass-on.ts';
import { callerAddress, createAddressOf } from '../../services/shared/caller-address.ts';
import { createTrustedProxies } from '../../services/shared/trusted-proxies.ts';
import { rawRequest } from '../support/raw-request.ts';

const OPEN = '';
const BEHIND_PROXIES = '127.0.0.0/8 10.0.0.0/8, 192.0.2.7, 2001:db8:ffff::/48';
const GATEWAYS = [OPEN, BEHIND_PROXIES];

const servers: Server[] = [];
const ports = new Map<string, number>();
const seen: { headers: IncomingHttpHeaders; address: string | undefined }[] = [];

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  const port = await listen(
    createServer((req, res) => {
      seen.push({ headers: req.headers, address: callerAddress(req) });
      res.end('ok');
    }),
  );
  for (const trusted of GATEWAYS) {
    const door = passOn({
      target: `http://127.0.0.1:${port}`,
      settled: () => Promise.resolve(),
      addressOf: createAddressOf(createTrustedProxies(subnets(trusted))),
      tellCertificate: () => () => undefined,
      onError: (error) => {
        throw error;
      },
    });
    ports.set(trusted, await listen(createServer(express().use(door))));
  }
});
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

/** What the token service was told, of a call with these header lines. */
async function told(trusted: string, ...lines: string[]) {
  seen.length = 0;
  const head = ['GET /sign-in/a HTTP/1.1', 'Host: a', ...lines, '', ''];
  const { status } = await rawRequest(ports.get(trusted) ?? 0, head.join('\r\n'));
  return { status, address: seen[0]?.address, headers: JSON.stringify(seen) };
}

const by = (...hops: string[]) => `X-Forwarded-For: ${hops.join(', ')}`;

describe('the address of a caller', () => {
  it.each([
    [],
    ['X-Hallpass-Address: 203.0.113.9'],
    ['x_hallpass_address: 203.0.113.9'],
    ['X-Forwarded-For: 203.0.113.9', 'Forwarded: for=203.0.113.9', 'X-Real-IP: 203.0.113.9'],
    ['X-Forwarded-For: 203.0.113.9', 'X-Forwarded-For: 203.0.113.9'],
  ])('is the one that the gateway sees, whatever the caller says: %j', async (...lines) => {
    const { address, headers } = await told(OPEN, ...lines);
    expect(address).toBe('127.0.0.1');
    expect(headers).not.toContain('203.0.113.9');
  });

  it.each([
    ['one hop', [by('198.51.100.4')], '198.51.100.4'],
    ['two trusted hops', [by('198.51.100.4', '10.1.2.3')], '198.51.100.4'],
    ['three, of one a single address', [by('198.51.100.4', '192.0.2.7', '10.1.2.3')], '198.51.100.4'],
    ['hops on lines of their own', [by('198.51.100.4'), by('10.1.2.3')], '198.51.100.4'],
    ['what the caller wrote before', [by('203.0.113.9', '198.51.100.4', '10.1.2.3')], '198.51.100.4'],
    ['what the caller wrote, a trusted address too', [by('10.9.9.9', '198.51.100.4')], '198.51.100.4'],
    ['the neighbour of a trusted address', [by('203.0.113.9', '192.0.2.8')], '192.0.2.8'],
    ['IPv6', [by('2001:db8::5')], '2001:db8::5'],
    ['IPv6, by a trusted hop of it', [by('203.0.113.9', '2001:db8::5', '2001:db8:ffff::1')], '2001:db8::5'],
    ['IPv4 in IPv6', [by('203.0.113.9', '::ffff:198.51.100.4', '::FFFF:10.1.2.3')], '198.51.100.4'],
    ['ports', [by('198.51.100.4:61234', '10.1.2.3:80')], '198.51.100.4'],
    ['brackets', [by('[2001:db8::5]:61234', '[2001:db8:ffff::1]')], '2001:db8::5'],
    ['nobody but proxies', [by('10.0.0.5', '10.1.2.3')], '10.0.0.5'],
    ['nothing', [], '127.0.0.1'],
    ['an empty header', ['X-Forwarded-For:'], '127.0.0.1'],
    ['another header', ['Forwarded: for=203.0.113.9', 'X-Real-IP: 203.0.113.9'], '127.0.0.1'],
    ['another spelling', ['X_Forwarded_For: 203.0.113.9'], '127.0.0.1'],
    ['a header that the connection claims', ['Connection: X-Forwarded-For', by('198.51.100.4')], '198.51.100.4'],
  ])('behind trusted proxies, told of %s', async (_what, lines, address) => {
    const answer = await told(BEHIND_PROXIES, ...lines);
    expect(answer.address).toBe(address);
    expect(answer.headers).not.toContain('203.0.113.9');
    expect(answer.headers.toLowerCase()).not.toContain('forwarded');
  });

  it.each([
    'unknown',
    '_hidden',
    '198.51.100',
    '198.51.100.400',
    '0198.51.100.4',
    '198.51.100.4/24',
    '198.51.100.4 10.0.0.1',
    '[198.51.100.4',
    '2001:db8::5::1',
    '"198.51.100.4"',
    'for=198.51.100.4',
    '',
  ])('is no further than the last hop that can be read: %j', async (garbage) => {
    const { status, address } = await told(BEHIND_PROXIES, by('203.0.113.9', garbage, '10.1.2.3'));
    expect([status, address]).toEqual([200, '10.1.2.3']);
  });

  it('is found behind as many hops as a head can have, and a longer head is refused', async () => {
    const hops = (count: number) => by('198.51.100.4', ...Array.from({ length: count }, () => '10.1.2.3'));
    expect((await told(BEHIND_PROXIES, hops(1500))).address).toBe('198.51.100.4');
    expect((await told(BEHIND_PROXIES, hops(2000))).status).toBe(431);
  });
});

describe('a trusted proxy', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '::ffff:10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.1.2.3/8', '10.9.9.9', true],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.8', false],
    ['2001:db8::/32', '2001:DB8:1::1', true],
    ['2001:db8::5', '2001:db8:0:0::5', true],
    ['2001:db8::5', '2001:db8::6', false],
    ['fe80::/10', 'fe80::1%eth0', true],
    ['10.0.0.0/8', undefined, false],
    ['10.0.0.0/8', '', false],
    ['10.0.0.0/8', '10.0.0', false],
    ['', '127.0.0.1', false],
  ])('of %j is %s: %s', (setting, address, expected) => {
    expect(createTrustedProxies(subnets(setting))(address)).toBe(expected);
  });
});
