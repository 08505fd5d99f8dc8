/** A gateway in front of a recording LRS, asked over bare sockets; after every test it must still serve a good request. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startEchoLrs, type EchoLrs, type RecordedRequest } from '../../support/echo-lrs.ts';
import { startTestGateway, type GatewaySetup, type RunningGateway } from '../../support/gateway.ts';
import { rawRequest, type RawAnswer, type RawOptions } from '../../support/raw-request.ts';

export const STATEMENTS = '/xapi/statements';
export const STATE = '/xapi/activities/state?activityId=a&agent=b&stateId=c';
export const VERSION = 'X-Experience-API-Version: 1.0.3';
export const FORM = 'application/x-www-form-urlencoded';
/** Every value that must not get through has this word in it. */
export const FORGED = 'forged';
/** What the gateway is known by at the LRS. */
export const LRS_AUTHORIZATION = `Basic ${Buffer.from('gateway-user:gateway-password').toString('base64')}`;

export interface Sent extends RawAnswer {
  /** What the LRS was asked because of it. */
  upstream: RecordedRequest[];
  /** Whether `100 Continue` came first. */
  continued: boolean;
}

export interface Scene {
  readonly echo: EchoLrs;
  readonly gateway: RunningGateway;
  /** `Authorization` of a caller who may do everything. */
  readonly authorized: string;
  /** Sends the bytes as they are. */
  send(text: string | Buffer | Array<string | Buffer>, options?: RawOptions): Promise<Sent>;
  /** What the LRS was asked after `send` gave up: for requests that are cut off. */
  late(): Promise<RecordedRequest[]>;
  /** The head of an authorized xAPI request with further header lines. */
  head(methodAndTarget: string, ...lines: string[]): string;
}

/** Call at the top of a file. */
export function hostileScene(setup: Partial<GatewaySetup> = {}): Scene {
  let echo: EchoLrs;
  let gateway: RunningGateway;
  let authorized: string;
  let accountedFor = 0;
  let checked = 0;
  beforeAll(async () => {
    echo = await startEchoLrs();
    gateway = await startTestGateway({ lrsUrl: echo.url, ...setup });
    authorized = `Authorization: ${(await gateway.mint('all')).bearer}`;
  });
  afterAll(async () => {
    await gateway.close();
    await echo.close();
  });

  /** Whatever was sent before: a good request is served, and it is the only one that the LRS has had since. */
  afterEach(async () => {
    const good = await rawRequest(gateway.port, head(`GET ${STATE}`, VERSION, authorized));
    expect(good.status).toBe(200);
    const since = echo.requests.slice(accountedFor);
    const unchecked = echo.requests.slice(checked);
    checked = accountedFor = echo.requests.length;
    expect(since.map(({ method, url }) => `${method} ${url}`)).toEqual([`GET ${STATE.replace('/xapi', '/lrs/xapi')}`]);
    for (const request of unchecked) expectNothingForged(request);
  });

  return {
    get echo() {
      return echo;
    },
    get gateway() {
      return gateway;
    },
    get authorized() {
      return authorized;
    },
    send: async (text, options) => {
      const before = echo.requests.length;
      const answer = await rawRequest(gateway.port, text, options);
      accountedFor = echo.requests.length;
      return {
        ...answer,
        upstream: echo.requests.slice(before),
        continued: answer.text.startsWith('HTTP/1.1 100 Continue\r\n\r\n'),
      };
    },
    late: async () => {
      await sleep(100);
      const late = echo.requests.slice(accountedFor);
      accountedFor = echo.requests.length;
      return late;
    },
    head: (methodAndTarget, ...lines) => head(methodAndTarget, VERSION, authorized, ...lines),
  };
}

export function head(methodAndTarget: string, ...lines: string[]): string {
  return [`${methodAndTarget} HTTP/1.1`, 'Host: gateway.test', ...lines, '', ''].join('\r\n');
}

/** A body in one chunk, and what comes after the last. */
export function chunked(body: string, ...trailers: string[]): string {
  return [body.length.toString(16), body, '0', ...trailers, '', ''].join('\r\n');
}

/** The only credential at the LRS is the gateway's, and nothing of what a test forged is in the head or after the body. */
export function expectNothingForged({ rawHeaders, headers, url, trailers }: RecordedRequest): void {
  const names = rawHeaders.filter((_text, at) => at % 2 === 0).map((name) => name.toLowerCase());
  expect(names.filter((name) => name === 'authorization')).toHaveLength(1);
  expect(headers.authorization).toBe(LRS_AUTHORIZATION);
  expect(new Set(names).size).toBe(names.length);
  expect(JSON.stringify([rawHeaders, url, trailers]).toLowerCase()).not.toContain(FORGED);
}

export interface RefusalSeen {
  status: number | undefined;
  error: string;
  error_description: string;
}

/** What a caller is told, after what is true of every refusal the gateway writes. */
export function refusalOf(answer: RawAnswer): RefusalSeen {
  expect(answer.responses).toHaveLength(1);
  expect(answer.headers.get('content-type')).toEqual(['application/json']);
  expect(answer.headers.get('cache-control')).toEqual(['no-store']);
  expect(answer.headers.get('x-experience-api-version')).toEqual([expect.stringMatching(/^(1\.0\.3|2\.0\.0)$/)]);
  const { error, error_description } = JSON.parse(answer.body) as Partial<RefusalSeen>;
  expect(error).toMatch(/^[a-z_]+$/);
  expect(error_description).toMatch(/.{12,}/);
  return { status: answer.status, error: error ?? '', error_description: error_description ?? '' };
}

/** Refused with this status, and the LRS was not asked. */
export function expectRefused(sent: Sent, status: number): RefusalSeen {
  const refusal = refusalOf(sent);
  expect(refusal.status).toBe(status);
  expect(sent.upstream).toEqual([]);
  return refusal;
}
