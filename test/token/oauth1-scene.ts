/** A client of OAuth 1.0a with a person whom it asks: a token service with `HALLPASS_OAUTH1=on`, and the three steps. */
import { parse } from 'node:querystring';
import request from 'supertest';
import type { Client } from '../../services/shared/client.ts';
import { clientSecretContext } from '../../services/shared/oauth1/secrets.ts';
import { generateSecret } from '../../services/shared/secret.ts';
import { decodeOAuth1Token, type OAuth1TokenRecord } from '../../services/store/oauth1-tokens.ts';
import { keyOf } from '../../services/store/store.ts';
import { header, signed, type Signing } from '../support/oauth1-signer.ts';
import { openBrowser, walk, type Browser, type Walk } from '../support/people-flow.ts';
import { ISSUER, newClient, type TokenServiceOptions } from '../support/token-service.ts';
import { personScene, type PersonScene } from './person-scene.ts';

export const CALLBACK = 'https://tool.example.com/oauth?course=7';
export const AUTHORIZE = '/xapi/OAuth/authorize';
export const INITIATE = '/xapi/OAuth/initiate';
export const TOKEN = '/xapi/OAuth/token';

export interface Signer {
  client_id: string;
  secret: string;
}

export interface Temporary {
  token: string;
  secret: string;
}

/** An answer in a form. */
export interface Answered {
  status: number;
  headers: Record<string, string>;
  form: Record<string, string>;
}

export interface Call extends Partial<Signing> {
  /** Signed as if it were another request. */
  signedAs?: Partial<Signing>;
  headers?: Record<string, string>;
  /** Another process's. */
  at?: string;
}

export interface OAuth1Scene extends Omit<PersonScene, 'authorize' | 'redeem'> {
  signer: Signer;
  addSigner(said?: Partial<Client>): Promise<Signer>;
  /** A request with a signature in its header. */
  call(path: string, by: Signer, call?: Call): Promise<Answered>;
  initiate(by?: Signer, call?: Call): Promise<Answered>;
  /** Temporary credentials, or the test fails. */
  begin(said?: { by?: Signer; callback?: string; scope?: string | undefined }): Promise<Temporary>;
  /** The person's way to the callback, or to the page that ends it. */
  authorize(temporary: Temporary, said?: { browser?: Browser; walk?: Partial<Walk> }): Promise<URL>;
  verifierOf(temporary: Temporary, said?: { browser?: Browser; walk?: Partial<Walk> }): Promise<string>;
  redeem(temporary: Temporary, verifier: string | undefined, by?: Signer, call?: Call): Promise<Answered>;
  /** From the beginning to the record of what came of it. */
  granted(said?: Parameters<OAuth1Scene['begin']>[0], how?: Parameters<OAuth1Scene['authorize']>[1]): Promise<Granted>;
  recordOf(token: string): Promise<OAuth1TokenRecord | undefined>;
}

export interface Granted {
  temporary: Temporary;
  verifier: string;
  form: Answered['form'];
  record: OAuth1TokenRecord | undefined;
}

export async function oauth1Scene(options: TokenServiceOptions = {}): Promise<OAuth1Scene> {
  const scene = await personScene({ oauth1: true, ...options });
  const { service, person } = scene;
  const issuer = options.issuer ?? ISSUER;

  async function addSigner(said: Partial<Client> = {}): Promise<Signer> {
    const secret = generateSecret();
    const { client } = newClient({ grant_types: ['authorization_code'], redirect_uris: [CALLBACK], ...said });
    const sealed = service.seal.seal(secret, clientSecretContext(client.client_id));
    const added = await service.clients.add({ oauth1: { secret: sealed }, ...client });
    if (!added) throw new Error('this client is there already');
    return { client_id: client.client_id, secret };
  }
  const signer = await addSigner();

  async function call(
    path: string,
    by: Signer,
    { signedAs, headers = {}, at = service.url, ...said }: Call = {},
  ): Promise<Answered> {
    const { method = 'POST', form } = said;
    const signing: Signing = {
      method,
      url: `${issuer}${path}`,
      consumerKey: by.client_id,
      clientSecret: by.secret,
      ...said,
      ...signedAs,
    };
    const test = request(at)
      [method === 'GET' ? 'get' : 'post'](path)
      .set({
        Authorization: header(signed(signing)),
        ...headers,
      });
    const response = await (form
      ? test.type('form').send(new URLSearchParams([...form] as [string, string][]).toString())
      : test);
    return { status: response.status, headers: response.headers, form: parse(response.text) as Record<string, string> };
  }

  const initiate: OAuth1Scene['initiate'] = (by = signer, said = {}) =>
    call(INITIATE, by, { ...said, oauth: { oauth_callback: CALLBACK, ...said.oauth } });

  const oauth1: OAuth1Scene = {
    ...scene,
    signer,
    addSigner,
    call,
    initiate,
    begin: async ({ by = signer, callback = CALLBACK, scope } = {}) => {
      const form = scope === undefined ? {} : { form: [['scope', scope]] as const };
      const { status, form: answer } = await initiate(by, { ...form, oauth: { oauth_callback: callback } });
      if (status !== 200) throw new Error(`${status} ${JSON.stringify(answer)}`);
      return { token: answer.oauth_token ?? '', secret: answer.oauth_token_secret ?? '' };
    },
    authorize: async ({ token }, { browser = openBrowser(service), walk: said } = {}) =>
      walk(browser, `${issuer}${AUTHORIZE}?oauth_token=${token}`, { identifier: person.email, ...said }),
    verifierOf: async (temporary, said) =>
      (await oauth1.authorize(temporary, said)).searchParams.get('oauth_verifier') ?? '',
    redeem: ({ token, secret }, verifier, by = signer, said = {}) =>
      call(TOKEN, by, { token, tokenSecret: secret, ...said, oauth: { oauth_verifier: verifier, ...said.oauth } }),
    granted: async (said = {}, how = {}) => {
      const temporary = await oauth1.begin(said);
      const verifier = await oauth1.verifierOf(temporary, how);
      const { form } = await oauth1.redeem(temporary, verifier, said.by);
      return { temporary, verifier, form, record: await oauth1.recordOf(form.oauth_token ?? '') };
    },
    recordOf: async (token) => {
      const text = await service.store.read('oauth1-token', keyOf(token));
      return text === undefined ? undefined : decodeOAuth1Token(text);
    },
  };
  return oauth1;
}
