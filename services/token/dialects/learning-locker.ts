/**
 * Learning Locker's token endpoint, of version 1 and of version 2.
 *
 * @see LearningLocker/learninglocker api/src/requestHandlers/auth/postOAuth2TokenRequest.js, api/src/auth/passport.js
 */
import { LEARNING_LOCKER_TOKEN } from '../routes.ts';
import { tellBearer } from './bearer.ts';
import type { TokenAnswer, TokenDialect } from './token-dialect.ts';

/** What its documentation has in every request ("Only allows xapi:write"), those of clients that read included. */
const FORMALITY = 'xapi:write';

export const LEARNING_LOCKER: TokenDialect = {
  isAt: (path) => LEARNING_LOCKER_TOKEN.includes(path),

  /**
   * There it says nothing: the token has what the client is registered for at the LRS, and nothing that is granted by name.
   * Any other scope is what is asked for, as everywhere.
   */
  read: (parameters) => {
    if (parameters.grant_type !== 'client_credentials' || parameters.scope !== FORMALITY) return false;
    parameters.scope = 'xapi:all';
    return true;
  },

  answer: (answer) => {
    tellBearer(answer.body);
    if (isError(answer.body) && answer.status === 401 && answer.req.headers.authorization === undefined)
      refuseAsBadRequest(answer, answer.body);
  },
};

/** Frozen, because it is every such answer's. */
const INCOMPLETE = Object.freeze({
  error: 'invalid_request',
  error_description: 'send grant_type=client_credentials, client_id and client_secret, all three in the form',
});

/**
 * 400, as a client there is used to. 401 is a MUST only "if the client attempted to authenticate via the 'Authorization'
 * request header field"; else it is a MAY.
 *
 * @see RFC 6749 §5.2
 */
function refuseAsBadRequest(answer: TokenAnswer, body: { error: string }): void {
  answer.status = 400;
  answer.remove('WWW-Authenticate');
  const { client_id, client_secret } = (answer.oidc?.body ?? {}) as Record<string, unknown>;
  if (body.error === 'invalid_client' && (!client_id || !client_secret)) answer.body = INCOMPLETE;
}

function isError(body: unknown): body is { error: string } {
  return typeof body === 'object' && body !== null && 'error' in body;
}
