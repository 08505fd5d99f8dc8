/** A token service where people sign in with another provider, up to where they are sent to. */
import { readIdentityProviders } from '../../../services/token/sign-in/elsewhere/identity-provider.ts';
import { freePort } from '../../support/free-port.ts';
import { hiddenFields, newProof, openBrowser, type Browser, type Seen } from '../../support/people-flow.ts';
import type { TokenServiceOptions } from '../../support/token-service.ts';
import { personScene, REDIRECT_URI, type PersonScene } from '../person-scene.ts';
import { CLIENT_ID, CLIENT_SECRET } from './other-provider.ts';

export interface Begun {
  browser: Browser;
  /** The flow's first page. */
  at: string;
  hidden: Record<string, string>;
  /** What the button led to. */
  answer: Seen;
  location: string;
}

export interface ElsewhereScene extends PersonScene {
  readonly issuer: string;
  /** At the login page. */
  arrive(browser?: Browser): Promise<{ browser: Browser; at: string; page: Seen; hidden: Record<string, string> }>;
  /** Presses the button. */
  begin(provider?: string, browser?: Browser): Promise<Begun>;
  audited(): Record<string, unknown>[];
}

export interface ElsewhereOptions extends Omit<TokenServiceOptions, 'identityProviders'> {
  /** As in HALLPASS_IDENTITY_PROVIDERS, over what every one here has. */
  providers: Record<string, unknown>[];
}

export async function elsewhereScene({ providers, ...options }: ElsewhereOptions): Promise<ElsewhereScene> {
  const port = options.port ?? (await freePort());
  const issuer = `http://127.0.0.1:${port}`;
  const usual = { id: 'school', name: 'The School', client_id: CLIENT_ID, client_secret: CLIENT_SECRET };
  const identityProviders = readIdentityProviders(providers.map((provider) => ({ ...usual, ...provider })));
  const scene = await personScene({ ...options, issuer, port, identityProviders });
  const { service, tool } = scene;

  const target = () => {
    const { challenge } = newProof();
    const parameters = { response_type: 'code', client_id: tool.client_id, redirect_uri: REDIRECT_URI };
    const proof = { code_challenge: challenge, code_challenge_method: 'S256' };
    return `/oauth2/authorize?${new URLSearchParams({ ...parameters, ...proof, scope: 'openid state' }).toString()}`;
  };

  const arrive: ElsewhereScene['arrive'] = async (browser = openBrowser(service)) => {
    const page = await browser.follow(target());
    return { browser, at: new URL(page.at).pathname, page, hidden: hiddenFields(page.text) };
  };

  return {
    ...scene,
    issuer,
    arrive,
    begin: async (provider = 'school', from) => {
      const { browser, at, hidden } = await arrive(from);
      const answer = await browser.post(`${at}/elsewhere`, { ...hidden, provider });
      return { browser, at, hidden, answer, location: answer.location ?? '' };
    },
    audited: () =>
      service.logged
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(({ audit }) => audit === 'sign-in'),
  };
}
