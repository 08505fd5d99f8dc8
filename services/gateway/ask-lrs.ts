/** Asks the LRS what is left of a call once every rule has done its part. */
import { Refusal } from '../shared/refusal.ts';
import { isKnown } from '../shared/soon.ts';
import { answerVersion, VERSION_HEADER } from '../shared/xapi/version.ts';
import type { Answer, Ask, Call, MoreLink } from './call.ts';
import type { Forward } from './forward.ts';
import { without } from './headers.ts';
import { pathOfLink, type MoreLinks } from './more-link.ts';
import { mayHaveMore, rewrite } from './rewrite.ts';
import { drop, encodingOf } from './unread-answer.ts';

/** @returns an Ask that throws Refusal 502 or 504, and 502 for an answer that would mislead the caller. */
export function createAskLrs(forward: Forward, links: MoreLinks): Ask {
  return async (call) => {
    const rewritten = rewrite(call);
    const upstream = isKnown(rewritten) ? rewritten : await rewritten;
    const answer = await forward.ask(upstream, call.departure);
    try {
      refuseMisleading(answer, mayHaveMore(call));
    } catch (refusal) {
      drop(answer);
      throw refusal;
    }
    const more = moreOf(call, upstream.origin + upstream.path, links);
    const told = inVersionOf(call, answer);
    return more ? { ...told, more } : told;
  };
}

function moreOf(call: Call, base: string, links: MoreLinks): MoreLink | undefined {
  const { caller, prefix, query } = call;
  if (!caller || !mayHaveMore(call)) return undefined;
  return {
    follow: (link) => pathOfLink(link, base),
    publish: (link) => links.publish({ path: pathOfLink(link, base), query }, caller, prefix),
  };
}

/** The caller would take the gateway's own trouble with the LRS for its own. */
function refuseMisleading({ status, headers }: Answer, isLookedInto: boolean): void {
  if (status === 401 || status === 407)
    throw new Refusal('bad_gateway', 'the LRS does not accept the gateway; its operator has been told', {
      cause: new Error(`${status} from the LRS: check the gateway's credential for it`),
    });
  if (status >= 300 && status < 400 && status !== 304)
    throw new Refusal('bad_gateway', 'the LRS sent the gateway elsewhere; its operator has been told', {
      cause: new Error(`${status} from the LRS: is its URL the xAPI path, without a redirect before it?`),
    });
  const encoding = encodingOf({ headers });
  if (isLookedInto && status === 200 && encoding !== undefined)
    throw new Refusal('bad_gateway', 'the LRS sent an encoding it was not asked for', {
      cause: new Error(`Content-Encoding ${encoding} although identity was asked for`),
    });
}

/** Where the LRS was told another version than the client's, the client is answered in its own. */
function inVersionOf({ lrs, version, operation }: Call, answer: Answer): Answer {
  if (lrs.version === undefined || operation.access === 'public') return answer;
  const headers = without(answer.headers, VERSION_HEADER.toLowerCase());
  return { ...answer, headers: [...headers, [VERSION_HEADER, answerVersion(version)]] };
}
