/**
 * A person's way from `/xapi/OAuth/authorize` to their answer, as sign-in/ asks for it: the pages, and who may say what on
 * them, are those of every other flow. Where it goes on from there is said here.
 *
 * @see RFC 5849 §2.2
 */
import { randomInt } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { stands, type Client } from '../../../shared/client.ts';
import { nowSeconds } from '../../../shared/clock.ts';
import type { Person } from '../../../shared/person.ts';
import { generateSecret } from '../../../shared/secret.ts';
import type { Reader } from '../../../store/records.ts';
import { keyOf } from '../../../store/store.ts';
import { askingClient } from '../../asking-client.ts';
import { narrowToPerson } from '../../authorization.ts';
import type { BrowserSessions } from '../../browser-sessions.ts';
import type { Consents } from '../../consents.ts';
import type { Interaction, Interactions } from '../../interactions.ts';
import { Stop } from '../../sign-in/stop.ts';
import { isCallbackOf, OUT_OF_BAND } from './callback.ts';
import type { Allowed, Found, TemporaryCredentials } from './temporary.ts';
import type { SignedIn } from './signed-in.ts';
import { visitIn, type Visits } from './visits.ts';

export interface InteractionsOptions {
  issuer: string;
  temporary: Pick<TemporaryCredentials, 'find' | 'answer' | 'answerTo'>;
  visits: Visits;
  sessions: Pick<BrowserSessions, 'begin'>;
  signedIn: SignedIn;
  clients: Reader<Client>;
  consents: Pick<Consents, 'remember'>;
}

/** What a person is asked about, and that nobody has answered yet. */
export interface Question {
  token: string;
  client: Client;
  found: Found;
}

/** @param at the stop that asks: what was answered there a moment ago is not over there. */
export type OpenQuestion = (token: string, at?: string) => Promise<Question | undefined>;

/** @returns what is still to be answered: in time, once, by people of a client that is what it was. */
export function createOpenQuestion(options: Pick<InteractionsOptions, 'temporary' | 'clients'>): OpenQuestion {
  const { temporary, clients } = options;
  return async (token, at) => {
    const [found, answer] = await Promise.all([temporary.find(token), temporary.answerTo(token)]);
    if (!found || found.isRedeemed || found.exp <= nowSeconds() || (answer && answer.at !== at)) return undefined;
    const client = await clients.read(keyOf(found.client_id));
    if (!client || !stands(client, found.generation) || !isCallbackOf(client, found.callback)) return undefined;
    return { token, client, found };
  };
}

type Steps = Pick<Interactions, 'find' | 'signIn' | 'consent' | 'deny'>;

export function createInteractions(options: InteractionsOptions, openQuestion: OpenQuestion): Steps {
  const { issuer, temporary, visits, sessions, signedIn, consents } = options;
  /** Back to the stop: to the next question, or to how it ended, as `pages.ts` says it. */
  const goOn = (req: IncomingMessage, res: ServerResponse) => goTo(res, `${issuer}/sign-in/${visitIn(req)}`);

  async function questionOf(req: IncomingMessage, res: ServerResponse): Promise<Question | undefined> {
    const token = await visits.find(req, res);
    return token === undefined ? undefined : openQuestion(token, visitIn(req));
  }

  async function mustAsk(req: IncomingMessage, res: ServerResponse): Promise<Question> {
    const question = await questionOf(req, res);
    if (!question) throw new Stop(403, 'expired');
    return question;
  }

  async function answer(req: IncomingMessage, { token }: Question, allowed?: Allowed): Promise<void> {
    const at = visitIn(req) ?? '';
    if (await temporary.answer(token, { at, ...(allowed && { allowed }) })) return;
    /* Sent twice, as by two clicks, it is one answer; of two browsers, the second has come too late. */
    if ((await temporary.answerTo(token))?.at !== at) throw new Stop(403, 'expired');
  }

  return {
    find: async (req, res) => {
      const question = await questionOf(req, res);
      return question && interactionOf(visitIn(req) ?? '', question, await signedIn(req, res));
    },

    signIn: async (req, res, person) => {
      await mustAsk(req, res);
      await sessions.begin(req, res, person);
      goOn(req, res);
    },

    consent: async (req, res, chosen) => {
      const question = await mustAsk(req, res);
      const person = await signedIn(req, res);
      if (!person) throw new Stop(403, 'expired');
      const asked = scopesFor(person, question);
      const granted = asked.filter((scope) => chosen.includes(scope));
      if (granted.length === 0) throw new Stop(403, 'expired');
      const { person_id, generation: person_generation } = person;
      const verifier = newVerifier(question.found);
      await answer(req, question, { person_id, person_generation, scope: granted.join(' '), verifier });
      await consents.remember(person_id, question.client, asked, granted);
      goOn(req, res);
    },

    deny: async (req, res) => {
      await answer(req, await mustAsk(req, res));
      goOn(req, res);
    },
  };
}

/** Of an account of another organization it is nothing: it has nothing here that it could allow. */
function scopesFor(person: Person, { client, found }: Question): string[] {
  const left = narrowToPerson(person, client, found.scope.split(' '));
  return 'denied' in left ? [] : left;
}

/** "The verification code … MUST be … impossible to guess"; of ten digits, as at ADL LRS, where a person has to type it. */
function newVerifier({ callback }: Found): string {
  return callback === OUT_OF_BAND ? String(randomInt(10 ** 10)).padStart(10, '0') : generateSecret();
}

function interactionOf(uid: string, question: Question, person: Person | undefined): Interaction {
  return {
    uid,
    prompt: person ? 'consent' : 'login',
    client: askingClient(question.client),
    scopes: person ? scopesFor(person, question) : question.found.scope.split(' '),
    identityScopes: [],
    personId: person?.person_id,
    uiLocales: [],
    hint: undefined,
  };
}

function goTo(res: ServerResponse, location: string): void {
  res.statusCode = 303;
  res.setHeader('Location', location);
  res.end();
}

/** Of two ways to a person's answer, each request is for one. */
export function eitherOf(flow: Interactions, steps: Steps): Interactions {
  const waysOf = (req: IncomingMessage) => (visitIn(req) === undefined ? flow : steps);
  return {
    ...flow,
    find: (req, res) => waysOf(req).find(req, res),
    signIn: (req, res, person) => waysOf(req).signIn(req, res, person),
    consent: (req, res, granted) => waysOf(req).consent(req, res, granted),
    deny: (req, res) => waysOf(req).deny(req, res),
  };
}
