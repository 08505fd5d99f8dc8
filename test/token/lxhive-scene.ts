/** A gateway and a token service, and a client that hands out temporary credentials there, as an LMS did at lxHive. */
import { randomBytes } from 'node:crypto';
import { startEchoLrs, type EchoLrs } from '../support/echo-lrs.ts';
import { startTestGateway, type GatewaySetup, type RunningGateway } from '../support/gateway.ts';

export interface Temporary {
  key: string;
  secret: string;
  name?: string;
  description?: string;
  expiresAt: number;
  expiresIn: number;
  createdAt: number;
  expired: boolean;
  scopes: { name: string; description: string }[];
  user: { email: string; permissions: { name: string; description: string }[] };
}

export interface Told {
  status: number;
  headers: Headers;
  /** Empty where there was none. */
  body: Record<string, unknown>;
}

export interface Asked {
  /** The `Authorization` header; the LMS's, unless it is said; '' is none. */
  as?: string;
  body?: unknown;
  /** After `?`. */
  query?: string;
  headers?: Record<string, string>;
}

export interface LxHiveScene {
  gateway: RunningGateway;
  lrs: EchoLrs;
  /** The `Authorization` of a client with `super all`. */
  lms: string;
  ask(method: string, asked?: Asked): Promise<Told>;
  /** For somebody new, unless it is said. */
  issue(body?: Record<string, unknown>, as?: string): Promise<Temporary>;
  /** A call to the LRS with a pair. */
  use(pair: Pick<Temporary, 'key' | 'secret'>, target?: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

export const basicOf = ({ key, secret }: Pick<Temporary, 'key' | 'secret'>) =>
  `Basic ${Buffer.from(`${key}:${secret}`).toString('base64')}`;
export const queryOf = ({ key, secret }: Pick<Temporary, 'key' | 'secret'>) =>
  new URLSearchParams({ key, secret }).toString();
export const newEmail = () => `ada-${randomBytes(6).toString('hex')}@example.org`;
export const namesIn = (list: readonly { name: string }[]) => list.map(({ name }) => name);
export const nowSeconds = () => Math.floor(Date.now() / 1000);

export async function lxHiveScene(setup: Partial<GatewaySetup> = {}): Promise<LxHiveScene> {
  const lrs = await startEchoLrs();
  const gateway = await startTestGateway({ lrsUrl: lrs.url, ...setup }).catch(async (error: unknown) => {
    await lrs.close();
    throw error;
  });
  const { basic: lms } = await gateway.register('super all');

  const scene: LxHiveScene = {
    gateway,
    lrs,
    lms,
    ask: async (method, { as = lms, body, query, headers } = {}) => {
      const response = await fetch(`${gateway.url}/auth/tokens${query === undefined ? '' : `?${query}`}`, {
        method,
        headers: {
          ...(as !== '' && { Authorization: as }),
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const answer = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
      return { status: response.status, headers: response.headers, body: answer };
    },
    issue: async (body = {}, as = lms) => {
      const { status, body: told } = await scene.ask('POST', { as, body: { user: { email: newEmail() }, ...body } });
      if (status !== 200) throw new Error(`${status} ${JSON.stringify(told)}`);
      return told as unknown as Temporary;
    },
    use: (pair, target = 'activities/state?stateId=a', init = {}) =>
      fetch(`${gateway.url}/xapi/${target}`, {
        ...init,
        headers: { 'X-Experience-API-Version': '1.0.3', Authorization: basicOf(pair), ...init.headers },
      }),
    close: async () => {
      await gateway.close();
      await lrs.close();
    },
  };
  return scene;
}
