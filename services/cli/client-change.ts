/** Changes one client as it is now, and shows it. */
import type { Client } from '../shared/client.ts';
import { nowSeconds } from '../shared/clock.ts';
import type { ClientRegister } from '../store/clients.ts';
import { clientAsJson, clientAsText } from './client-view.ts';
import { CommandFailed, type Context } from './context.ts';

export interface ClientChange {
  id: string;
  asJson: boolean | undefined;
  apply: (client: Client, nowSeconds: number) => Client;
  /** Just made: shown this once. */
  secret?: string;
}

export async function changeClient(
  context: Context,
  clients: ClientRegister,
  { id, asJson, apply, secret }: ClientChange,
): Promise<Client> {
  const now = nowSeconds();
  const changed = await clients.change(id, (client) => ({ ...apply(client, now), updated_at: now }));
  if (!changed) return noSuchClient(id);
  showClient(context, asJson, changed, secret);
  return changed;
}

export function showClient(context: Context, asJson: boolean | undefined, shown: Client, secret?: string): void {
  if (asJson) context.print(JSON.stringify(clientAsJson(shown, secret), null, 2));
  else for (const row of clientAsText(shown, secret)) context.print(row);
}

export function noSuchClient(id: string): never {
  throw new CommandFailed(`there is no client ${JSON.stringify(id)}`);
}
