/** The paths of the endpoints: oidc-provider answers them, and app.ts lets nothing else through to it. */
export const ROUTES = {
  token: '/oauth2/token',
  introspection: '/oauth2/introspect',
  revocation: '/oauth2/revoke',
  jwks: '/oauth2/jwks',
  authorization: '/oauth2/authorize',
} as const;
