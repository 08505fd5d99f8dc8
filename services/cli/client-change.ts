/** Changes one client as it is now, and shows it. */
import type { Client } from '../shared/client.ts';
import { nowSeconds } from '../shared/clock.ts';
import type { Installation } from '../shared/client-endpoints.ts';
import { clientAsText, clientInFull, type Shown } from './client-view.ts';
import { CommandFailed, type Context } from './context.ts';
import type { Registers } from './with-registers.ts';

export interface ClientChange {
  id: string;
  asJson: boolean | undefined;
  apply: (client: Client, nowSeconds: number) => Client;
  /** Just made. */
  shown?: Shown;
}

export async function changeClient(
  context: Context,
  registers: Registers,
  { id, asJson, apply, shown }: ClientChange,
): Promise<Client> {
  const now = nowSeconds();
  const changed = await registers.clients.change(id, (client) => ({ ...apply(client, now), updated_at: now }));
  if (!changed) return noSuchClient(id);
  showClient({ ...context, ...registers }, asJson, changed, shown);
  return changed;
}

/** One client, with where it calls; see {@link Shown}. */
export function showClient(
  { print, issuer, resources }: Pick<Context, 'print'> & Installation,
  asJson: boolean | undefined,
  client: Client,
  shown: Shown = {},
): void {
  const installation = { issuer, resources };
  if (asJson) print(JSON.stringify(clientInFull(client, installation, shown), null, 2));
  else for (const row of clientAsText(client, installation, shown)) print(row);
}

export function noSuchClient(id: string): never {
  throw new CommandFailed(`there is no client ${JSON.stringify(id)}`);
}
