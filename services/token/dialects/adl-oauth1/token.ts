/** `/xapi/OAuth/token`: what the person allowed becomes the credentials that calls are signed with. @see RFC 5849 §2.3 */
import { stands } from '../../../shared/client.ts';
import { digest, sameDigest } from '../../../shared/digest.ts';
import type { SignedRequest } from '../../../shared/oauth1/request.ts';
import type { Families } from '../../families.ts';
import { OAuthProblem } from './problem.ts';
import type { SignerOf } from './signed.ts';
import type { Work } from './signed-endpoint.ts';
import type { Allowed, TemporaryCredentials } from './temporary.ts';
import type { createIssue } from './token-credentials.ts';

export interface TokenOptions {
  signerOf: SignerOf;
  temporary: TemporaryCredentials;
  issue: ReturnType<typeof createIssue>;
  families: Pick<Families, 'end'>;
}

/** Whose it is and why it counts no more is said to nobody: who has it may have found it. */
const NO_SUCH_TOKEN = 'this oauth_token is unknown, has expired or is of another client: begin again at initiate';

export function createToken({ signerOf, temporary, issue, families }: TokenOptions): Work {
  /** What the person allowed, where this is the one request that gets it. @throws OAuthProblem */
  async function redeemed(request: SignedRequest, token: string): Promise<Allowed> {
    const answer = await temporary.answerTo(token);
    if (!answer) throw new OAuthProblem('permission_unknown', 'the person has not answered yet');
    if (!answer.allowed) throw new OAuthProblem('permission_denied', 'the person said no');
    const { verifier } = request.parameters;
    if (!verifier)
      throw new OAuthProblem('parameter_absent', 'oauth_verifier is missing: the callback, or the page, has it');
    if (!(await temporary.mayTry(token)))
      throw new OAuthProblem('token_rejected', 'too many verifiers were wrong: begin again at initiate');
    if (!sameDigest(digest(verifier), digest(answer.allowed.verifier)))
      throw new OAuthProblem('verifier_invalid', 'this is not the oauth_verifier that the callback, or the page, has');
    if (!(await temporary.redeem(token))) throw used();
    return answer.allowed;
  }

  /** A second use says that somebody else has the first: neither of them goes on. */
  async function endWhatCameOf(token: string): Promise<void> {
    const family = await temporary.familyOf(token);
    if (family !== undefined) await families.end(family);
  }

  return async (request, audited) => {
    const { token = '' } = request.parameters;
    if (token === '') throw new OAuthProblem('parameter_absent', 'oauth_token is missing: the one that initiate gave');
    const found = await temporary.find(token);
    if (!found) throw new OAuthProblem('token_rejected', NO_SUCH_TOKEN);
    const client = await signerOf(request, found.secret);
    audited.client = client.client_id;
    if (found.client_id !== client.client_id || !stands(client, found.generation))
      throw new OAuthProblem('token_rejected', NO_SUCH_TOKEN);
    if (found.isRedeemed) {
      await endWhatCameOf(token);
      throw used();
    }
    const allowed = await redeemed(request, token);
    audited.person = allowed.person_id;
    const issued = await issue(client, allowed);
    if (!issued)
      throw new OAuthProblem('permission_denied', 'nothing is left of what the person allowed: ask them again');
    audited.scope = issued.scope;
    await temporary.noteFamily(token, issued.grantId);
    return { oauth_token: issued.token, oauth_token_secret: issued.secret };
  };
}

function used(): OAuthProblem {
  return new OAuthProblem('token_used', 'this oauth_token was used already: begin again at initiate');
}
