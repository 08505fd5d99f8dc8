/** Every setting, as data. `hallpass settings` prints this table; the README's is made from it. */
import type { Table, Values } from './setting.ts';
import { readStoreAddress, STORE_FORMS } from './store-address.ts';
import { subnets } from './subnets.ts';
import {
  encryptionKeys,
  jsonArray,
  jsonObject,
  oneOf,
  onOff,
  origin,
  scopePrefix,
  text,
  webUrl,
  wholeNumber,
} from './values.ts';

const seconds = wholeNumber(1, 3600);

export const SETTINGS = {
  HALLPASS_ISSUER: {
    doc: 'the public origin: every URL printed derives from it. Default: http://127.0.0.1 and the port',
    parse: origin,
  },
  HALLPASS_HOST: { doc: 'the address to listen on', default: '127.0.0.1', parse: text },
  HALLPASS_PORT: { doc: 'the port to listen on', default: '8080', parse: wholeNumber(0, 65535) },
  HALLPASS_WORKERS: {
    doc: 'how many processes serve behind the port, of `gateway`, `token` and `all`: one for each core',
    default: '1',
    parse: wholeNumber(1, 256),
  },
  HALLPASS_STORE: {
    doc: 'where registrations and tokens are kept',
    default: 'sqlite:data/hallpass.db',
    secret: true,
    parse: (value: string) => {
      const address = readStoreAddress(value);
      if (!address) throw new Error(`should be ${STORE_FORMS}`);
      return address;
    },
  },
  HALLPASS_ENCRYPTION_KEY: {
    doc: 'seals what the store must give back: 32 bytes, base64url. Required with Redis; made beside an SQLite file',
    secret: true,
    parse: encryptionKeys,
  },
  HALLPASS_LRS_URL: {
    doc: "the LRS, with its xAPI path. `all` starts the sample LRS where it's unset",
    parse: webUrl('https://lrs.internal/data/xAPI'),
  },
  HALLPASS_SAMPLE_LRS_URL: {
    doc: 'the sample LRS, when that is a process of its own: what a gateway stands in front of where HALLPASS_LRS_URL is unset',
    parse: webUrl('http://sample-lrs:8080/xapi'),
  },
  HALLPASS_LRS_AUTH: {
    doc: 'how the LRS is told that it can trust the gateway, and who is calling: `basic` (a credential), `jwt` (a signed assertion in its place), `headers` (the caller in headers, and signed)',
    default: 'basic',
    parse: oneOf('basic', 'jwt', 'headers'),
  },
  HALLPASS_LRS_USERNAME: { doc: "the gateway's user name (key) at the LRS", parse: text },
  HALLPASS_LRS_PASSWORD: { doc: "the gateway's password (secret) at the LRS", secret: true, parse: text },
  HALLPASS_LRS_AUTHORITY: {
    doc: 'whose authority the LRS records: `kept` (the one the gateway sends), `per-credential` (its own, one for each credential), `shared` (one for all). Default: `shared`; `kept` with the sample LRS',
    parse: oneOf('kept', 'per-credential', 'shared'),
  },
  HALLPASS_LRS_AUTHORITY_TEMPLATE: {
    doc: 'the authority that clients have there, as JSON with `{client_id}` and other placeholders; with `per-credential`, the one that the LRS records. Default with `kept`: an account, of the token URL and the client id',
    parse: jsonObject,
  },
  HALLPASS_LRS_JWT_PROFILE: {
    doc: 'how an assertion is written: for SQL LRS, for Ralph, or for any other',
    default: 'generic',
    parse: oneOf('generic', 'lrsql', 'ralph'),
  },
  HALLPASS_LRS_AUDIENCE: { doc: 'the `aud` of what is signed for the LRS. Default: its URL', parse: text },
  HALLPASS_LRS_SCOPE_PREFIX: {
    doc: 'what the LRS wants before each scope in what is signed for it, e.g. `lrs:`',
    parse: scopePrefix,
  },
  HALLPASS_LRS_VERSION: {
    doc: 'the version it is always spoken to in. Default: that of the client',
    parse: oneOf('1.0.3', '2.0.0'),
  },
  HALLPASS_LRS_CONNECT_SECONDS: { doc: 'longest wait for a connection to the LRS', default: '5', parse: seconds },
  HALLPASS_LRS_RESPONSE_SECONDS: { doc: 'longest wait for the head of its answer', default: '60', parse: seconds },
  HALLPASS_LRS_IDLE_SECONDS: { doc: 'longest pause within its answer', default: '60', parse: seconds },
  HALLPASS_TOKEN_URL: {
    doc: 'where the gateway reaches the token service, when that is a process of its own',
    parse: webUrl('http://token:8080'),
  },
  HALLPASS_TRUSTED_PROXIES: {
    doc: "addresses and networks of the proxies in front of the gateway, e.g. `10.0.0.0/8, 192.0.2.7`: their `X-Forwarded-For` says where a call came from. Default: nobody's does",
    parse: subnets,
  },
  HALLPASS_DPOP_NONCE: {
    doc: 'whether each DPoP proof needs a nonce of ours: `required`, or `optional` (one whose time is wrong needs one)',
    default: 'optional',
    parse: oneOf('optional', 'required'),
  },
  HALLPASS_OAUTH1: {
    doc: 'whether clients that are registered for it may sign their calls by OAuth 1.0a, as at ADL LRS: `on` or `off`',
    default: 'off',
    parse: onOff,
  },
  HALLPASS_ISOLATE_STATE: {
    doc: 'whether state documents of one client are invisible to the others: `on` or `off`',
    default: 'off',
    parse: onOff,
  },
  HALLPASS_SCOPE_PREFIX: {
    doc: "what clients' software writes before each scope, e.g. `lrs:`: taken with and without it when a token is asked for",
    parse: scopePrefix,
  },
  HALLPASS_RESOURCES: {
    doc: 'further resources behind the same tokens, as a JSON array: name, path, upstream, methods, username, password',
    secret: true,
    parse: jsonArray,
  },
  HALLPASS_IDENTITY_PROVIDERS: {
    doc: 'other OpenID providers that people may sign in with, as a JSON array: id, name, issuer, client_id, client_secret, scope, permissions, link_by_email, org',
    secret: true,
    parse: jsonArray,
  },
  HALLPASS_CACHE_SECONDS: {
    doc: 'longest time a gateway uses a record without reading it again; 0 reads the store on every call',
    default: '30',
    parse: wholeNumber(0, 300),
  },
  HALLPASS_MAX_INSPECTED_BYTES: {
    doc: 'largest body that a rule looks inside: alternate request syntax, statements where an authority is set or a restriction holds (attachments do not count); larger ones are 413',
    default: '5000000',
    parse: wholeNumber(1000, 1_000_000_000),
  },
  HALLPASS_DRAIN_SECONDS: {
    doc: 'how long calls under way may take to end at shutdown',
    default: '20',
    parse: seconds,
  },
  HALLPASS_LOG_LEVEL: {
    doc: 'how much is logged',
    default: 'info',
    parse: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
  },
  HALLPASS_ACCESS_LOG: {
    doc: 'which calls have a line in the log: `refused` (and those that broke off), or `all`',
    default: 'refused',
    parse: oneOf('refused', 'all'),
  },
  HALLPASS_METRICS_PORT: {
    doc: 'the port of `/metrics`, for Prometheus, on the same address; on no other port. Default: there is none',
    parse: wholeNumber(0, 65535),
  },
  HALLPASS_ADMIN_PORT: {
    doc: 'kept for the admin service, which is not there yet: nothing listens on it',
    default: '8081',
    parse: wholeNumber(0, 65535),
  },
} as const satisfies Table;

export type Settings = Values<typeof SETTINGS>;
