/** A client, as far as the people whom it asks are told of it. */
import type { Client } from '../shared/client.ts';
import type { Interaction } from './interactions.ts';

export function askingClient({
  client_id,
  client_name,
  org,
  description,
  client_uri,
  owner,
  unverified,
}: Client): Interaction['client'] {
  return {
    client_id,
    client_name,
    org,
    ...(description !== undefined && { description }),
    ...(client_uri !== undefined && { client_uri }),
    ...(owner !== undefined && { owner }),
    ...(unverified && { unverified }),
  };
}
