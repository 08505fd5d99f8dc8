/** What each request of a client for itself is granted, by its context: worked out once, used wherever a part is made of it. */
import type { Client } from '../shared/client.ts';
import type { Targets } from './targets.ts';
import { grantRequest, type Grant, type Refused, type TokenRequest } from './token-request.ts';

/** What of the library's context is read. */
export interface RequestContext<Model> {
  readonly oidc: { readonly body?: unknown; readonly client?: Model | undefined };
}

export interface ClientGrants<Model> {
  /** @throws the library's error where it is refused. */
  grant(ctx: RequestContext<Model>): Grant;
  /** @throws Error where nothing was granted: a token that is not known to be narrower would be a wider one. */
  grantedTo(ctx: object): Grant;
  find(ctx: object): Grant | undefined;
}

export function createClientGrants<Model>(
  registrationOf: (model: Model | undefined) => Client,
  targets: Targets,
  fail: (error: Refused['error'], description: string, scope?: string) => Error,
): ClientGrants<Model> {
  const grants = new WeakMap<object, Grant>();
  return {
    grant: (ctx) => {
      /* As they were sent: the library has filled in a resource by now, and left out details that are empty. */
      const request = ctx.oidc.body as TokenRequest;
      const granted = grantRequest(registrationOf(ctx.oidc.client), request, targets);
      if ('refused' in granted) throw fail(granted.error, granted.refused, request.scope);
      grants.set(ctx, granted);
      return granted;
    },
    grantedTo: (ctx) => {
      const granted = grants.get(ctx);
      if (!granted) throw new Error('a token was about to be made of a request that was granted nothing');
      return granted;
    },
    find: (ctx) => grants.get(ctx),
  };
}
