/**
 * Whatever bytes come, in whatever packets: a server with the front takes them for the same requests, and answers the same, as
 * one that leaves every connection to node:http. Where the two read differently, a request could be smuggled past what was
 * decided upon.
 */
import fc from 'fast-check';
import { rawRequest } from '../support/raw-request.ts';
import type { HttpRequest } from '../../services/shared/front/message.ts';
import type { Listening } from '../../services/shared/serve.ts';
import { serveWithFront, serveWithoutFront, tellOf } from '../shared/front/scene.ts';

/** More of them, once, by hand: PROPERTY_RUNS=100000. */
const RUNS = Number(process.env.PROPERTY_RUNS ?? 2000);
/** Only says how long a hang takes, on a machine that is busy. */
const MOST_MS = 120_000 + RUNS * 100;

interface Seen {
  method: string | undefined;
  url: string | undefined;
  rawHeaders: string[];
  /** Once all of it has come. */
  body?: string;
}

/** A server, and what it took for requests. */
interface Observed {
  listening: Listening;
  seen: Seen[];
}

const servedAtFront = { yes: 0, no: 0 };

async function observe(serve: typeof serveWithFront): Promise<Observed> {
  const seen: Seen[] = [];
  const note = (req: HttpRequest) => {
    const { method, url, rawHeaders } = req;
    const one: Seen = { method, url, rawHeaders };
    seen.push(one);
    servedAtFront['body' in req ? 'yes' : 'no'] += 1;
    return (body: Buffer) => void (one.body = body.toString('latin1'));
  };
  return { listening: await serve(tellOf(note)), seen };
}

let withFront: Observed;
let without: Observed;
beforeAll(async () => {
  withFront = await observe(serveWithFront);
  without = await observe(serveWithoutFront);
});
afterAll(async () => {
  await withFront.listening.close();
  await without.listening.close();
});

const one = <T>(...values: T[]) => fc.constantFrom(...values);
const mostly = <T>(usual: T, ...values: T[]) =>
  fc.oneof({ weight: 24, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: one(...values) });

const rarely = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });

const header = fc.oneof(
  {
    weight: 16,
    arbitrary: one('X-A: 1', 'Authorization: Bearer abc', 'X-Experience-API-Version: 1.0.3', 'Accept: */*'),
  },
  {
    weight: 2,
    arbitrary: one(
      'Connection: keep-alive',
      'Connection: close',
      'Connection: Keep-Alive, X-A',
      'Connection: upgrade',
      'Upgrade: h2c',
      'Host: b',
      'host: a',
      'Expect: 100-continue',
      'Expect: more',
      'Transfer-Encoding: chunked',
      'Transfer-Encoding: identity',
      'transfer-encoding:\tchunked',
      'Content-Length: 3',
      'Content-Length: 03',
      'Content-Length: +3',
      'Content-Length: 3, 3',
      'content-length:3 ',
      'Content-Length:',
      'X-A:',
      'X-A : 1',
      ' X-A: 1',
      'X-A: 1\r\n folded',
      'X-A: \x001',
      'X-A: \xff\x80',
      'X-A: 1\rX-B: 2',
      'X-A: 1\nX-B: 2',
      ': 1',
      '__proto__: 1',
      'constructor: 1',
    ),
  },
);

const body = one(
  '',
  'abc',
  '\r\n',
  '\r\n\r\n',
  '\r\nabc',
  'abc\r\n',
  '3\r\nabc\r\n0\r\n\r\n',
  'GET /front HTTP/1.1\r\nHost: a\r\n\r\n',
);

const request = fc
  .record({
    before: mostly('', '\r\n', '\n', ' '),
    method: mostly('POST', 'GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'CONNECT', 'get', 'FOO', ''),
    target: mostly('/front', '/front?a=b', '/elsewhere', '/front/\xff', '/front#a', '*', 'http://a/front', ''),
    version: mostly('HTTP/1.1', 'HTTP/1.0', 'HTTP/1.2', 'HTTP/2.0', 'http/1.1', ''),
    host: mostly(['Host: a'], []),
    headers: fc.uniqueArray(header, { maxLength: 4 }),
    ending: mostly('\r\n', '\n', '\r'),
    content: body,
    hasLength: mostly(true, false),
    behind: mostly('', '\r\n', 'x'),
  })
  .map(({ before, method, target, version, host, headers, ending, content, hasLength, behind }) => {
    const length = hasLength && content !== '' ? [`Content-Length: ${content.length}`] : [];
    const lines = [`${method} ${target} ${version}`, ...host, ...headers, ...length, '', ''];
    return before + lines.join(ending) + content + behind;
  });

/** Requests, one or two, with at most one byte that was changed, in one packet or in two. */
const sent = fc
  .record({
    requests: fc.oneof(fc.tuple(request), fc.tuple(request, request)),
    change: rarely(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }))),
    cut: rarely(fc.nat()),
  })
  .map(({ requests, change, cut }) => {
    const bytes = Buffer.from(requests.join(''), 'latin1');
    if (change && bytes.length > 0) bytes[change[0] % bytes.length] = change[1];
    const at = cut === null ? bytes.length : cut % (bytes.length + 1);
    return [bytes.subarray(0, at), bytes.subarray(at)].filter(({ length }) => length > 0);
  });

async function outcomeAt({ listening, seen }: Observed, packets: Buffer[]) {
  seen.length = 0;
  const options = { responses: Infinity, endAfterWrite: true, pauseMs: 5 };
  const { responses } = await rawRequest(listening.port, packets, options);
  return { seen: [...seen], statuses: responses.map(({ status }) => status) };
}

const headOf = ({ method, url, rawHeaders }: Seen) => ({ method, url, rawHeaders });

it(
  'takes the same for requests, with the same bodies, as node:http alone',
  async () => {
    await fc.assert(
      fc.asyncProperty(sent, async (packets) => {
        const [front, node] = [await outcomeAt(withFront, packets), await outcomeAt(without, packets)];
        /* Of a request whose body never came, the front says nothing to the handler. */
        const isCutOff = node.seen.at(-1)?.body === undefined && front.seen.length < node.seen.length;
        expect(front.seen.map(headOf)).toEqual(node.seen.slice(0, isCutOff ? -1 : undefined).map(headOf));
        for (const [n, { body: ofNode }] of node.seen.entries()) {
          const ofFront = front.seen[n]?.body;
          if (ofFront !== undefined && ofNode !== undefined) expect(ofFront).toBe(ofNode);
        }
        /* A connection ends at what is no request, whether or not what came before it in the same packet has been answered. */
        const both = Math.min(front.statuses.length, node.statuses.length);
        expect(front.statuses.slice(0, both)).toEqual(node.statuses.slice(0, both));
      }),
      { numRuns: RUNS },
    );
    expect(servedAtFront.yes).toBeGreaterThan(RUNS / 20);
    expect(servedAtFront.no).toBeGreaterThan(RUNS / 20);
  },
  MOST_MS,
);
