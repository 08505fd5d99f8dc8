/**
 * Reading only what one may: a read of statements that owes `mine` or `restrict` is answered as by an LRS that held only
 * the statements this caller may see.
 *
 * The LRS is asked to narrow the query where it can, but never trusted to have done so: nothing of an answer goes on
 * before the statement it is about has been looked at.
 */
import { NO_BODY } from '../../shared/body.ts';
import { discharged, owes, withParameters, type Ask, type Call, type Rule } from '../call.ts';
import type { HeaderList } from '../headers.ts';
import { lookUpEvenVoided } from '../look-up.ts';
import { drop } from '../unread-answer.ts';
import { createBelongs } from './belongs.ts';
import { findsByAuthority } from './finds-by-authority.ts';
import { mendPage } from './mend-page.ts';
import { agentOfAuthority, withinRestrictions } from './narrow-query.ts';
import { readList } from './read-list.ts';
import { readOne } from './read-one.ts';
import type { RuleOptions } from './rules.ts';
import { visibleTo } from './visible.ts';

export function createNarrowRead({ maxInspectedBytes }: RuleOptions): Rule {
  return async (call, ask) => {
    const { resource, access, method, parameters } = call.operation;
    if (resource !== 'statements' || access !== 'read' || !owes(call, 'mine', 'restrict')) return ask(call);
    const isVisible = visibleTo(call);
    const asked = discharged(asGet(call), 'mine', 'restrict');
    const answer =
      parameters.has('statementId') || parameters.has('voidedStatementId')
        ? await readOne(asked, ask, isVisible, maxInspectedBytes)
        : await list();
    if (method !== 'HEAD') return answer;
    drop(answer);
    return { ...answer, body: NO_BODY };

    async function list() {
      const narrowed = withinRestrictions(call);
      const own = owes(call, 'mine') && !narrowed.has('agent') ? agentOfAuthority(call) : undefined;
      const isFirst = call.page === undefined;
      if (isFirst && own !== undefined && (await findsByAuthority(asked, ask, own, maxInspectedBytes)))
        narrowed.set('agent', own).set('related_agents', 'true');
      const first = isFirst && narrowed.size > parameters.size ? asPage(asked, narrowed) : asked;
      const agent = own ?? narrowed.get('agent');
      const askPage: Ask = (one) => ask(one.page === undefined ? one : { ...one, page: mendPage(one.page, agent) });
      /* "Statements targeting the voided Statement" are found by what that one says, too (xAPI 1.0.3 Part 2 §2.3.2). */
      const lookUp = (id: string) => lookUpEvenVoided(asked, ask, id);
      return readList(first, askPage, createBelongs({ parameters, isVisible, lookUp }), maxInspectedBytes);
    }
  };
}

/**
 * Asks as a page does, so that the query stays what the caller wrote: it is sealed into `more`, and later pages are held
 * to it.
 */
function asPage(call: Call, parameters: ReadonlyMap<string, string>): Call {
  return { ...call, page: `${call.lrs.basePath}/statements?${withParameters(call, parameters).query}` };
}

function asGet(call: Call): Call {
  const headers: HeaderList = [
    ...call.headers.filter(([name]) => !isAboutBytes(name)),
    ['Accept-Encoding', 'identity'],
  ];
  return { ...call, headers, operation: { ...call.operation, method: 'GET' } };
}

/**
 * Whether a header has the LRS answer with less than the whole, or in another form. `304` and `412` would also tell whether
 * a statement that the caller may not see is there, or has just come. In any spelling: to CGI `If_Range` is `If-Range`.
 */
function isAboutBytes(name: string): boolean {
  return /^(?:if[^a-z0-9].*|range|accept[^a-z0-9]encoding|want[^a-z0-9].*)$/i.test(name);
}
