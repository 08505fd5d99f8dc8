/** The authority of an organization's clients, as somebody wrote it. */
import type { Authority } from '../shared/xapi/actor.ts';
import { readAuthorityTemplate, tellsClientsApart } from '../shared/xapi/authority.ts';

/** @throws Error with a sentence that begins with "should". */
export function readOrganizationTemplate(value: unknown): Authority {
  const template = readAuthorityTemplate(value);
  if (!tellsClientsApart(template))
    throw new Error(
      'should have {client_id} or {lrs_username} in what identifies the client: otherwise all clients have the same authority, and each would read the statements of all as its own',
    );
  return template;
}
