/** Any spelling of scopes, commas and other systems' names included, becomes ours before oidc-provider sees it. */
import { parse, stringify, type ParsedUrlQuery } from 'node:querystring';
import { readScopes } from '../shared/scopes.ts';
import { readAuthorizationScope } from './identity-scopes.ts';

/** Of a form to a token endpoint. @returns whether there was anything to translate. */
export function translateScopes(parameters: ParsedUrlQuery, prefix: string): boolean {
  return parameters.grant_type === 'refresh_token'
    ? translateAsked(parameters, prefix)
    : replaceScope(parameters, (asked) => inOurs(asked, prefix));
}

/** Of a form that asks a person for something. @returns whether there was anything to translate. */
export function translateAsked(parameters: ParsedUrlQuery, prefix: string): boolean {
  return replaceScope(parameters, (asked) => readAuthorizationScope(asked, prefix));
}

/** Of the URL of an authorization request, where there are scopes that say who a person is. */
export function translateQuery(url: string, prefix: string): string {
  const [path = '', ...rest] = url.split('?');
  const query = parse(rest.join('?'), '&', '=', { maxKeys: 0 });
  const isTranslated = replaceScope(query, (asked) => readAuthorizationScope(asked, prefix));
  return isTranslated ? `${path}?${stringify(query)}` : url;
}

function inOurs(asked: string, prefix: string): string {
  const { known, unknown } = readScopes(asked, prefix);
  return [...known, ...unknown].join(' ');
}

function replaceScope(parameters: ParsedUrlQuery, translate: (asked: string) => string): boolean {
  if (typeof parameters.scope !== 'string') return false;
  const scope = translate(parameters.scope);
  if (scope === '') delete parameters.scope;
  else parameters.scope = scope;
  return true;
}
