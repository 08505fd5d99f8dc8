/** What is said of how a client shows who it is: by a secret or by keys of its own, and whether its tokens are bound. */
import { readFile } from 'node:fs/promises';
import { readCertificates, readClientKeys, type ClientKeys } from '../shared/client-keys.ts';
import { hasSecrets, isBoundOnly, KEYED_METHODS, type Client } from '../shared/client.ts';
import { onlySaid, type Changes } from './changes.ts';
import { UsageError, type Context } from './context.ts';
import { notBoth, oneOfThese, readAs, type ValuesOf } from './options.ts';

export const AUTHENTICATION_OPTIONS = {
  'auth-method': { type: 'string' },
  'jwks-file': { type: 'string' },
  'certificate-file': { type: 'string' },
  dpop: { type: 'boolean' },
  'no-dpop': { type: 'boolean' },
  'mtls-bound': { type: 'boolean' },
  'no-mtls-bound': { type: 'boolean' },
} as const;

/** Basic, or in the form: either will do. */
export const BY_SECRET = 'client_secret_basic';
const METHODS = [BY_SECRET, ...KEYED_METHODS] as const;
const FROM_INPUT = '-';
const OPPOSITES = [
  ['dpop', 'no-dpop'],
  ['mtls-bound', 'no-mtls-bound'],
  ['jwks-file', 'certificate-file'],
] as const;

const READERS = {
  'jwks-file': (json: string) => readClientKeys(parsed(json)),
  'certificate-file': readCertificates,
};

type AuthenticationValues = ValuesOf<typeof AUTHENTICATION_OPTIONS>;

/** @throws UsageError naming the option and what it should be. */
export async function readAuthentication(values: AuthenticationValues, context: Context): Promise<Changes<Client>> {
  notBoth({ ...values }, OPPOSITES);
  const { 'jwks-file': keys, 'certificate-file': certificates } = values;
  const method = oneOfThese('auth-method', values['auth-method'], METHODS);
  return {
    said: onlySaid({
      token_endpoint_auth_method: method === BY_SECRET ? undefined : method,
      jwks: await (keys === undefined
        ? fromFile('certificate-file', certificates, context)
        : fromFile('jwks-file', keys, context)),
      dpop_bound_access_tokens: values.dpop || undefined,
      tls_client_certificate_bound_access_tokens: values['mtls-bound'] || undefined,
    }),
    dropped: [
      ...(method === BY_SECRET ? (['token_endpoint_auth_method', 'jwks'] as const) : []),
      ...(values['no-dpop'] ? (['dpop_bound_access_tokens'] as const) : []),
      ...(values['no-mtls-bound'] ? (['tls_client_certificate_bound_access_tokens'] as const) : []),
    ],
  };
}

/** Whether the keys come by standard input, which then nothing else can. */
export function readsInput({ 'jwks-file': keys, 'certificate-file': certificates }: AuthenticationValues): boolean {
  return [keys, certificates].includes(FROM_INPUT);
}

async function fromFile(
  option: keyof typeof READERS,
  file: string | undefined,
  { readInput }: Context,
): Promise<ClientKeys | undefined> {
  if (file === undefined) return undefined;
  const text = await (file === FROM_INPUT ? readInput() : readFile(file, 'utf8')).catch((cause: unknown) => {
    throw new UsageError(`--${option} cannot be read: ${(cause as Error).message}`, { cause });
  });
  return readAs(option, text, READERS[option]);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new Error('should be JSON: a JWK Set', { cause });
  }
}

/** What follows for a client that was another: secrets that count no more are forgotten, and so are tokens that anybody can use. */
export function authenticatingAnew(before: Client, after: Client): Client {
  const isBoundNow = isBoundOnly(after) && !isBoundOnly(before);
  return {
    ...after,
    ...(!hasSecrets(after) && { secrets: [] }),
    ...(isBoundNow && { generation: after.generation + 1 }),
  };
}

export const AUTHENTICATION_CONTRADICTIONS: readonly { when: (client: Client) => boolean; say: string }[] = [
  {
    when: (client) => client.public === true && client.token_endpoint_auth_method !== undefined,
    say: 'a client that is --public does not authenticate: it has no --auth-method',
  },
  {
    when: (client) => client.token_endpoint_auth_method === 'private_key_jwt' && client.jwks === undefined,
    say: '--jwks-file is needed for --auth-method private_key_jwt: the public keys that its assertions are signed with',
  },
  {
    when: (client) => client.jwks !== undefined && client.token_endpoint_auth_method === undefined,
    say: '--jwks-file goes with --auth-method private_key_jwt, --certificate-file with self_signed_tls_client_auth',
  },
  {
    when: ({ token_endpoint_auth_method: method, jwks }) =>
      method === 'self_signed_tls_client_auth' && !jwks?.keys.some(({ x5c }) => x5c),
    say: '--certificate-file is needed for --auth-method self_signed_tls_client_auth: the certificates of the client',
  },
  {
    when: (client) =>
      client.dpop_bound_access_tokens === true && client.tls_client_certificate_bound_access_tokens === true,
    say: '--dpop or --mtls-bound: a token is bound to one of them',
  },
];
