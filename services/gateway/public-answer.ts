/** The answer of a further resource's upstream, as the caller may see it. */
import type { IncomingMessage } from 'node:http';
import { Refusal } from '../shared/refusal.ts';
import { identifierOf, type FurtherResource } from '../shared/resources.ts';
import { forResponse, pairs, type HeaderList } from './headers.ts';

/** @param asked the URL at the upstream. @returns the headers that go back. @throws Refusal 502 */
export type PublicAnswer = (answer: IncomingMessage, asked: string) => HeaderList;

const URLS = new Set(['location', 'content-location']);

export function createPublicAnswer(resource: FurtherResource, issuer: string): PublicAnswer {
  const { name, upstream, path } = resource;
  const { href: base, origin } = new URL(upstream);
  const inner = base.replace(/\/$/, '');
  const outer = identifierOf(issuer, resource);

  /** Where the upstream says something is, as the caller can reach it; `undefined`: he cannot. */
  function reachable(location: string, asked: string): string | undefined {
    const there = URL.parse(location, asked);
    if (!there) return undefined;
    if (isWithin(there.href, inner)) return outer + there.href.slice(inner.length);
    /* It may know what it is called outside. */
    const here = URL.parse(location, `${outer}/`);
    if (here && isWithin(here.href, outer)) return here.href;
    return there.origin === origin ? undefined : there.href;
  }

  return (answer, asked) => {
    const { statusCode: status = 502, headers } = answer;
    if (status === 401 || status === 407)
      throw new Refusal('bad_gateway', `what serves ${name} does not accept the gateway; its operator has been told`, {
        cause: new Error(
          `${status} from the upstream of ${name}: check the username and password it is configured with`,
        ),
      });
    const isRedirect = status >= 300 && status < 400 && headers.location !== undefined;
    const target = isRedirect ? reachable(headers.location ?? '', asked) : undefined;
    if (isRedirect && (target === undefined || !isWithin(target, outer)))
      throw new Refusal('bad_gateway', `what serves ${name} sent the gateway elsewhere; its operator has been told`, {
        cause: new Error(`${status} from the upstream of ${name}, to outside of ${path}: is its URL right?`),
      });
    return forResponse(pairs(answer.rawHeaders)).flatMap(([field, value]): HeaderList => {
      if (!URLS.has(field.toLowerCase())) return [[field, value]];
      const url = reachable(value, asked);
      return url === undefined ? [] : [[field, url]];
    });
  };
}

function isWithin(url: string, base: string): boolean {
  return url === base || ['/', '?', '#'].some((next) => url.startsWith(base + next));
}
