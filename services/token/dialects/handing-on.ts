/** Endpoints where a client hands on some of what it may do, to a person or to content: who may, and what is said of the others. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '../../caller/caller.ts';
import type { Identify } from '../../caller/identify.ts';
import { refuseForOther } from '../../caller/meant-for.ts';
import { callerAddress } from '../../shared/caller-address.ts';
import { isBoundOnly } from '../../shared/client.ts';
import type { Log } from '../../shared/log.ts';
import { Refusal } from '../../shared/refusal.ts';
import { calledOf } from '../called.ts';

export interface HandingOnOptions {
  issuer: string;
  identify: Identify;
  log: Log;
  /** What a client needs, by name. */
  scope: 'super' | 'launch';
  /** What the audit calls it. */
  audit: string;
  answer: (req: IncomingMessage, res: ServerResponse, caller: Caller) => Promise<void>;
}

/** @returns an endpoint that throws a Refusal, after the audit has it, for whoever may not. */
export function createHandingOn({ issuer, identify, log, scope, audit, answer }: HandingOnOptions) {
  return async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const address = callerAddress(req);
    let client: string | undefined;
    try {
      const caller = await identify(req.headers.authorization, calledOf(req, res), address);
      client = caller?.clientId;
      await answer(req, res, whoMay(caller, scope, issuer));
    } catch (error) {
      if (error instanceof Refusal) {
        /* Not in its words, which repeat what was sent: people put passwords everywhere. */
        const why = { client: client ?? error.client, method: req.method, reason: error.code, address };
        log.info({ audit, granted: false, ...why }, 'refused');
      }
      throw error;
    }
  };
}

/** @throws Refusal 401 or 403 */
function whoMay(caller: Caller | undefined, scope: string, issuer: string): Caller {
  if (!caller)
    throw new Refusal('unauthenticated', `this needs a client with the scope ${scope}: by Basic or by a bearer token`);
  refuseForOther(caller, `${issuer}/xapi`);
  if (!caller.scopes.includes(scope))
    throw new Refusal('insufficient_scope', `this needs the scope ${scope}, which an administrator gives to a client`, {
      scope: [scope],
    });
  if (caller.subject !== undefined)
    throw new Refusal('access_denied', 'this token is for a person; only a client for itself hands anything on');
  /* What it hands on is bound to nothing, and whoever copies it could use it. */
  if (isBoundOnly(caller.client))
    throw new Refusal('access_denied', 'this client calls with bound tokens only, and those cannot be handed on');
  return caller;
}
