/** An endpoint whose requests are signed: reads them, answers in a form, and says in the audit how it went. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { callerAddress } from '../../../shared/caller-address.ts';
import type { Log } from '../../../shared/log.ts';
import type { SignedRequest } from '../../../shared/oauth1/request.ts';
import { Refusal } from '../../../shared/refusal.ts';
import type { Endpoint } from '../../endpoints.ts';
import { sendForm, sendProblem } from './problem.ts';
import { readRequest } from './signed.ts';

/** What is known of who asks, and of what was given, once it is. */
export interface Audited {
  client?: string;
  person?: string;
  scope?: string;
}

/** @returns the parameters of the answer. @throws Refusal */
export type Work = (request: SignedRequest, audited: Audited) => Promise<Record<string, string>>;

/** "GET … or POST" are both in use: ADL's own example and its documentation begin by GET, RFC 5849's examples by POST. */
const METHODS = ['GET', 'POST'];

export function signedEndpoint(work: Work, { issuer, log }: { issuer: string; log: Log }): Endpoint {
  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const audited: Audited = {};
    const audit = (granted: boolean, details: object) => {
      const record = {
        audit: 'token',
        granted,
        route: req.url?.split('?')[0],
        address: callerAddress(req),
        ...audited,
      };
      log.info({ ...record, ...details }, granted ? 'token granted' : 'refused');
    };
    try {
      const answer = await work(await readRequest(req, res, issuer), audited);
      audit(true, {});
      sendForm(res, 200, answer);
    } catch (error) {
      if (!(error instanceof Refusal) || error.status >= 500) throw error;
      audit(false, { ...(error.client !== undefined && { client: error.client }), reason: error.message });
      sendProblem(req, res, error, issuer);
    }
  }
  return { methods: METHODS, answer };
}
