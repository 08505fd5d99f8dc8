/** Which URL a client called, where it is another spelling of an endpoint's: what it signs has the one that it called. */
import type { IncomingMessage } from 'node:http';
import { ROUTES } from './routes.ts';

const aliases = new WeakMap<IncomingMessage, string>();

/** @param path as it came, before the endpoint's own took its place. */
export function noteAlias(req: IncomingMessage, path: string): void {
  aliases.set(req, path);
}

/** The path that was called; `undefined` where it was the endpoint's own. */
export function aliasOf(req: IncomingMessage): string | undefined {
  return aliases.get(req);
}

/** The library's context, as far as it says where a request was sent. */
interface Route {
  readonly ctx: { readonly req: IncomingMessage };
  readonly route: string;
  urlFor: (this: Route, name: string, options?: object) => string;
  clientJwtAuthExpectedAudience: (this: Route) => Set<string>;
}

/**
 * "The htu claim matches the HTTP URI value for the HTTP request in which the JWT was received" (RFC 9449 §4.3), and the
 * audience of an assertion "SHOULD be the URL of the Authorization Server's Token Endpoint" (OIDC Core §9), by any name.
 *
 * @param context the prototype of the library's contexts.
 */
export function knowAliases(context: object, issuer: string): void {
  const { urlFor, clientJwtAuthExpectedAudience } = context as Route;
  Object.assign(context, {
    urlFor(this: Route, name: string, options?: object): string {
      const alias = name === this.route ? aliases.get(this.ctx.req) : undefined;
      return alias === undefined ? urlFor.call(this, name, options) : new URL(alias, issuer).href;
    },
    clientJwtAuthExpectedAudience(this: Route): Set<string> {
      return clientJwtAuthExpectedAudience.call(this).add(new URL(ROUTES.token, issuer).href);
    },
  });
}
