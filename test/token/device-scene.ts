/** A device without a keyboard, and a person with a browser who lets it act for them. */
import { DEVICE_CODE } from '../../services/shared/client.ts';
import { hiddenFields, openBrowser, walk, type Browser, type Seen, type Walk } from '../support/people-flow.ts';
import type { Credentials, TokenService, TokenServiceOptions } from '../support/token-service.ts';
import { personScene, type PersonScene, type Tokens } from './person-scene.ts';

/** RFC 8628 §3.2. */
export interface DeviceAnswer {
  device_code: string;
  user_code: string;
  verification_uri: string;
  verification_uri_complete: string;
  expires_in: number;
  interval: number;
}

export interface Answering {
  browser?: Browser;
  walk?: Partial<Walk>;
}

export interface DeviceScene extends PersonScene {
  /** Asks for a code. */
  begin(form?: Record<string, string>, tool?: Credentials): Promise<DeviceAnswer>;
  poll(device: DeviceAnswer, at?: TokenService, tool?: Credentials): ReturnType<TokenService['askToken']>;
  /** What a poll is refused with. */
  refusal(device: DeviceAnswer, at?: TokenService): Promise<string>;
  /** From the code to the page that says how it ended. @returns its outcome. */
  answer(device: DeviceAnswer, said?: Answering): Promise<string | null>;
  /** Of a device whose person has answered. */
  tokensOf(device: DeviceAnswer, tool?: Credentials): Promise<Tokens>;
}

export const PAGE = '/sign-in/device';

export async function deviceScene(options: TokenServiceOptions = {}): Promise<DeviceScene> {
  const scene = await personScene(options);
  const { service, person } = scene;
  const tool = await service.addClient({ grant_types: [DEVICE_CODE, 'refresh_token'] });
  const devices: DeviceScene = {
    ...scene,
    tool,
    begin: async (form = {}, by = tool) => {
      const asked = { scope: 'openid statements/write state offline_access', ...form };
      const response = await service.post('/oauth2/device', by, asked);
      if (response.status !== 200) throw new Error(`${response.status} ${response.text}`);
      return response.body as DeviceAnswer;
    },
    poll: ({ device_code }, at = service, by = tool) => at.askToken({ grant_type: DEVICE_CODE, device_code, ...by }),
    refusal: async (device, at = service) => {
      const answer = await devices.poll(device, at);
      return (answer.body as { error?: string }).error ?? `${answer.status}`;
    },
    answer: async (device, said = {}) => {
      const browser = said.browser ?? openBrowser(service);
      const gone = await confirm(browser, device.user_code, 'mine');
      if (gone.location === undefined) throw new Error(`${gone.status} ${gone.text}`);
      const end = await walk(browser, gone.location, { identifier: person.email, ...said.walk });
      return end.searchParams.get('outcome');
    },
    tokensOf: async (device, by = tool) => {
      const response = await devices.poll(device, service, by);
      if (response.status !== 200) throw new Error(`${response.status} ${response.text}`);
      return response.body as Tokens;
    },
    introspect: async (token) => (await service.introspect(tool, token)) as unknown as Record<string, unknown>,
  };
  return devices;
}

/** The page that asks whether it is theirs, or why it does not. */
export async function enter(browser: Browser, user_code: string, headers: Record<string, string> = {}): Promise<Seen> {
  const page = await browser.get(PAGE, headers);
  return browser.post(PAGE, { ...hiddenFields(page.text), user_code }, headers);
}

/** Enters the code, and answers the page that asks. */
export async function confirm(browser: Browser, userCode: string, answer: 'mine' | 'deny'): Promise<Seen> {
  const shown = await enter(browser, userCode);
  return browser.post(PAGE, { ...hiddenFields(shown.text), answer });
}
