/** `client generate-token`, `regenerate-token` and `remove-token`: a client's static bearer token, shown once. */
import { withoutStaticToken, withStaticToken } from '../shared/client-credentials.ts';
import { generateStaticToken, lacksStaticToken } from '../shared/static-token.ts';
import { changeClient } from './client-change.ts';
import { CommandFailed, type Context } from './context.ts';
import { onlyPositional, readOptions } from './options.ts';
import type { Registers } from './with-registers.ts';

const JSON_OPTION = { json: { type: 'boolean' } } as const;

type Action = (context: Context, registers: Registers) => Promise<void>;

export const TOKEN_ACTIONS: Record<string, Action> = {
  /* Whoever does not know that there is one would cut off what uses it. */
  'generate-token': newToken((id, has) =>
    has ? `client ${id} has a token already: hallpass client regenerate-token ${id} ends that one` : undefined,
  ),

  'regenerate-token': newToken((id, has) =>
    has ? undefined : `client ${id} has no token: hallpass client generate-token ${id}`,
  ),

  'remove-token': async (context, registers) => {
    const { values, positionals } = readOptions(context.args, JSON_OPTION);
    const id = onlyPositional(positionals, 'client id');
    await changeClient(context, registers, {
      id,
      asJson: values.json,
      apply: (client) => {
        if (!client.static_token) throw new CommandFailed(`client ${id} has no token`);
        return withoutStaticToken(client);
      },
    });
  },
};

/** @param faultOf says what is wrong with asking for it, of a client that has one or has none. */
function newToken(faultOf: (id: string, has: boolean) => string | undefined): Action {
  return async (context, registers) => {
    const { values, positionals } = readOptions(context.args, JSON_OPTION);
    const id = onlyPositional(positionals, 'client id');
    const { token, stored } = generateStaticToken(id);
    await changeClient(context, registers, {
      id,
      asJson: values.json,
      shown: { token },
      apply: (client) => {
        const lack = lacksStaticToken(client);
        const fault = lack === undefined ? faultOf(id, client.static_token !== undefined) : undefined;
        if (lack !== undefined) throw new CommandFailed(`client ${id} can have no static token: ${lack}`);
        if (fault !== undefined) throw new CommandFailed(fault);
        return withStaticToken(client, stored);
      },
    });
  };
}
