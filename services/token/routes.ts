import { ORGANIZATION_ID } from '../shared/organization.ts';

/** The paths of the endpoints: oidc-provider answers them, and app.ts lets nothing else through to it. */
export const ROUTES = {
  token: '/oauth2/token',
  introspection: '/oauth2/introspect',
  revocation: '/oauth2/revoke',
  jwks: '/oauth2/jwks',
  authorization: '/oauth2/authorize',
  userinfo: '/oauth2/userinfo',
  pushed_authorization_request: '/oauth2/par',
  device_authorization: '/oauth2/device',
  /** A page: where a person enters what their device shows. */
  code_verification: '/sign-in/device',
  registration: '/oauth2/register',
  end_session: '/oauth2/logout',
} as const;

/** Learning Locker's token endpoint, of version 2 and of version 1. */
export const LEARNING_LOCKER_TOKEN: readonly string[] = ['/api/oauth2/token', '/oauth/access_token'];

/** Open edX's spellings, and Learning Locker's. */
export const ALIASES: Readonly<Record<string, string>> = {
  '/oauth2/access_token': ROUTES.token,
  '/oauth2/revoke_token': ROUTES.revocation,
  '/oauth2/authorize/': ROUTES.authorization,
  ...Object.fromEntries(LEARNING_LOCKER_TOKEN.map((path) => [path, ROUTES.token])),
};

/** Where the form of the page that asks is sent, and where somebody ends who is sent nowhere else. */
export const LOGOUT = { confirm: `${ROUTES.end_session}/confirm`, done: `${ROUTES.end_session}/success` } as const;

/** Where a person sees what they granted, and withdraws it. */
export const GRANTED = '/sign-in/granted';

/** Open edX's account of whoever has a token. */
export const OPEN_EDX_ACCOUNT = '/api/user/v1/me';

/** lxHive's temporary credentials: it has them beside its statements, so some clients look for them there. */
export const LXHIVE_TOKENS = /^(?:\/xapi)?\/auth\/tokens$/;

/** Pages. */
export const SIGN_IN = /^\/sign-in\//;

/** Where a person comes back to, after they answered. */
export const RESUME = /^\/oauth2\/authorize\/[\w-]{1,64}$/;

/** Where a person of a device comes back to. */
export const DEVICE_RESUME = /^\/sign-in\/device\/[\w-]{1,64}$/;

/** Where a client reads and changes its registration. @see RFC 7592 §2 */
export const REGISTERED = /^\/oauth2\/register\/(?<id>[A-Za-z0-9._~-]{1,128})$/;

/** Where an LMS launches cmi5 content, and ends a launch. */
export const CMI5 = { launches: '/cmi5/launches', launch: /^\/cmi5\/launches\/(?<id>[\w-]{43})$/ } as const;

/** Where launched content gets its token, once. @see cmi5 §8.2 */
export const CMI5_FETCH = /^\/cmi5\/fetch\/(?<secret>[\w-]{43})$/;

const OF_ORGANIZATION = /^\/api\/organizations\/(?<org>[^/]+)\/oauth2\/token$/;

/**
 * The organization in Watershed's URL of the token endpoint, exactly as it was sent: an escape, a capital or a letter of
 * another alphabet is in no id.
 */
export function organizationIn(path: string): string | undefined {
  const org = OF_ORGANIZATION.exec(path)?.groups?.org;
  return org !== undefined && ORGANIZATION_ID.test(org) ? org : undefined;
}
