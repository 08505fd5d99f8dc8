/** `/xapi/OAuth/authorize`, where a client sends its person, and what they see once they have answered. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Client } from '../../../shared/client.ts';
import type { Person } from '../../../shared/person.ts';
import type { Reader } from '../../../store/records.ts';
import { keyOf } from '../../../store/store.ts';
import { chooseLanguage } from '../../sign-in/language.ts';
import { wordsIn, type Words } from '../../sign-in/messages.ts';
import type { Page } from '../../sign-in/page.ts';
import { Stop } from '../../sign-in/stop.ts';
import { continuePage } from '../../sign-in/way-back.ts';
import { callbackWith, OUT_OF_BAND } from './callback.ts';
import type { OpenQuestion } from './interactions.ts';
import { OAUTH1 } from './paths.ts';
import type { TemporaryCredentials } from './temporary.ts';
import type { SignedIn } from './signed-in.ts';
import { deniedPage, verifierPage } from './verifier-page.ts';
import { visitIn, type Visits } from './visits.ts';

export interface PagesOptions {
  openQuestion: OpenQuestion;
  temporary: Pick<TemporaryCredentials, 'find' | 'answerTo'>;
  visits: Visits;
  clients: Reader<Client>;
  signedIn: SignedIn;
}

/** @returns `undefined` where it is another page that was asked for. @throws Stop where there is none. */
export type AnswerOAuth1 = (req: IncomingMessage, res: ServerResponse) => Promise<Page | undefined>;

export function createPages({ openQuestion, temporary, visits, clients, signedIn }: PagesOptions): AnswerOAuth1 {
  async function begin(req: IncomingMessage, res: ServerResponse, query: string): Promise<Page> {
    const [token = '', another] = new URLSearchParams(query).getAll('oauth_token');
    if (another !== undefined || !(await openQuestion(token))) throw new Stop(404, 'expired');
    const location = `/sign-in/${await visits.begin(req, res, token)}`;
    return { ...continuePage(location, wordsFor(req)), status: 303, headers: { Location: location } };
  }

  /** To load it again, or to send the form twice, shows the same again: to the browser that answered, and to no other. */
  async function ending(req: IncomingMessage, res: ServerResponse): Promise<Page | undefined> {
    const token = await visits.find(req, res);
    const [found, answer] =
      token === undefined ? [] : await Promise.all([temporary.find(token), temporary.answerTo(token)]);
    if (token === undefined || !found || answer?.at !== visitIn(req)) return undefined;
    const { allowed } = answer ?? {};
    const person = await signedIn(req, res);
    /* Whoever uses the browser next has nothing of it: it may be one of a classroom. */
    if (allowed && person?.person_id !== allowed.person_id) return undefined;
    const words = wordsFor(req, person);
    if (found.callback !== OUT_OF_BAND) {
      const said = allowed ? { oauth_verifier: allowed.verifier } : { oauth_problem: 'permission_denied' };
      return continuePage(callbackWith(found.callback, { oauth_token: token, ...said }), words);
    }
    const client = await clients.read(keyOf(found.client_id));
    if (!client) return undefined;
    return allowed ? verifierPage({ words, client, verifier: allowed.verifier }) : deniedPage(words);
  }

  return async (req, res) => {
    const [path = '', ...query] = (req.url ?? '').split('?');
    if (path === OAUTH1.authorize) return begin(req, res, query.join('?'));
    return visitIn(req) === undefined ? undefined : ending(req, res);
  };
}

function wordsFor(req: IncomingMessage, person?: Person): Words {
  return wordsIn(chooseLanguage({ locale: person?.locale, acceptLanguage: req.headers['accept-language'] }));
}
