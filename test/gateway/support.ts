/** A gateway in front of a recording LRS, asked over real sockets: every byte and header is seen as it crossed. */
import { startEchoLrs, type EchoLrs, type EchoOptions, type RecordedRequest } from '../support/echo-lrs.ts';
import { startTestGateway, type GatewaySetup, type RunningGateway } from '../support/gateway.ts';
import { rawRequest, type RawOptions } from '../support/raw-request.ts';

/** What the gateway is known by at the LRS. */
export const LRS_AUTHORIZATION = `Basic ${Buffer.from('gateway-user:gateway-password').toString('base64')}`;
export const VERSION_1 = { 'X-Experience-API-Version': '1.0.3' };
export const VERSION_2 = { 'X-Experience-API-Version': '2.0.0' };
export const JSON_TYPE = { 'Content-Type': 'application/json' };

export interface Asked {
  status: number | undefined;
  /** Names in lower case. */
  headers: Map<string, string[]>;
  /** The only value of a header. */
  header: (name: string) => string | undefined;
  body: string;
  bytes: Buffer;
  /** Whether the answer came to its end. */
  complete: boolean;
  /** What the LRS was asked because of it. */
  upstream: RecordedRequest[];
}

export type Headers = Record<string, string>;

export interface Scene {
  readonly lrs: EchoLrs;
  readonly gateway: RunningGateway;
  /** On a connection of its own. A body without `Transfer-Encoding` gets its `Content-Length`. */
  ask: (methodAndTarget: string, headers?: Headers, body?: string | Buffer, options?: RawOptions) => Promise<Asked>;
}

/** Call at the top of a file. */
export function gatewayScene(setup: Partial<GatewaySetup> = {}, echo: EchoOptions = {}): Scene {
  let lrs: EchoLrs;
  let gateway: RunningGateway;
  beforeAll(async () => {
    lrs = await startEchoLrs(echo);
    gateway = await startTestGateway({ lrsUrl: lrs.url, ...setup });
  });
  afterAll(async () => {
    await gateway.close();
    await lrs.close();
  });
  return {
    get lrs() {
      return lrs;
    },
    get gateway() {
      return gateway;
    },
    ask: async (methodAndTarget, headers = {}, body, options) => {
      const before = lrs.requests.length;
      const answer = await askPort(gateway.port, methodAndTarget, headers, body, options);
      return { ...answer, upstream: lrs.requests.slice(before) };
    },
  };
}

export async function askPort(
  port: number,
  methodAndTarget: string,
  headers: Headers = {},
  body?: string | Buffer,
  options?: RawOptions,
): Promise<Omit<Asked, 'upstream'>> {
  const bytes = body === undefined ? undefined : Buffer.from(body);
  const framed = headers['Transfer-Encoding'] !== undefined || bytes === undefined;
  const lines = Object.entries({ ...headers, ...(!framed && { 'Content-Length': String(bytes.length) }) });
  const head = [`${methodAndTarget} HTTP/1.1`, 'Host: gateway.example', 'Connection: close']
    .concat(lines.map(([name, value]) => `${name}: ${value}`))
    .join('\r\n');
  const message = Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), bytes ?? Buffer.alloc(0)]);
  const { responses } = await rawRequest(port, message, options);
  const [first] = responses;
  const seen = first?.headers ?? new Map<string, string[]>();
  return {
    status: first?.status,
    headers: seen,
    header: (name) => {
      const values = seen.get(name.toLowerCase()) ?? [];
      if (values.length > 1) throw new Error(`${name} came ${values.length} times`);
      return values[0];
    },
    body: first?.body ?? '',
    bytes: first?.bodyBytes ?? Buffer.alloc(0),
    complete: first?.complete ?? false,
  };
}

export interface RefusalBody {
  status: number | undefined;
  error: string;
  error_description: string;
}

/** What a caller is told, after what is true of every refusal that the gateway writes itself. */
export function refusalOf(answer: Omit<Asked, 'upstream'>, version: '1.0.3' | '2.0.0' = '1.0.3'): RefusalBody {
  expect(answer.header('Content-Type')).toBe('application/json');
  expect(answer.header('Cache-Control')).toBe('no-store');
  expect(answer.header('X-Experience-API-Version')).toBe(version);
  expect(answer.complete).toBe(true);
  const { error, error_description } = JSON.parse(answer.body) as Partial<RefusalBody>;
  expect(error_description).toMatch(/^\S.{10,}/);
  return { status: answer.status, error: error ?? '', error_description: error_description ?? '' };
}
