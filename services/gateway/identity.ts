/** Who is calling, as an LRS is told: in headers, and the same in the assertion that vouches for them. */
import { asciiJson } from '../shared/json-edit.ts';
import type { Authority } from '../shared/xapi/actor.ts';
import type { HeaderList } from './headers.ts';

export interface Identity {
  client: string;
  /** The person; the client's id where it acts for itself. */
  subject: string;
  organization: string;
  scopes: readonly string[];
  authority: Authority;
}

/**
 * `X-Hallpass-…`, each a valid value whatever a client or a person is called. In `-Client` and `-Subject` all but
 * printable ASCII, and `%` and `,`, is percent-encoded as UTF-8: decoding gives the id. `-Authority` is JSON in ASCII.
 *
 * @throws URIError for an id that is no Unicode text: any spelling of it could be another's.
 */
export function identityHeaders(identity: Identity): HeaderList {
  return [...callerHeaders(identity), ['X-Hallpass-Authority', asciiJson(identity.authority)]];
}

/** The same for what is no LRS, and knows of no authority. @throws as {@link identityHeaders} does. */
export function callerHeaders({
  client,
  subject,
  scopes,
}: Pick<Identity, 'client' | 'subject' | 'scopes'>): HeaderList {
  return [
    ['X-Hallpass-Client', encoded(client)],
    ['X-Hallpass-Subject', encoded(subject)],
    ['X-Hallpass-Scope', scopes.join(' ')],
  ];
}

/** Which of its configurations a SCIM server is to take; see {@link encoded}. */
export function scimHeader(configuration: string): HeaderList {
  return [['X-Hallpass-Scim-Configuration', encoded(configuration)]];
}

/** A comma would make a list of it for those that read headers so. @see RFC 9110 §5.5, §5.6.1 */
function encoded(id: string): string {
  return id.replace(/[^!-~]+|[%,]/g, encodeURIComponent);
}
