/** Signing in with another OpenID provider: the way there, its callback, and the way back into the flow. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../../../shared/log.ts';
import type { Person } from '../../../shared/person.ts';
import type { PersonRegister } from '../../../store/people.ts';
import type { Store } from '../../../store/store.ts';
import type { Interactions } from '../../interactions.ts';
import { back, type Answers } from '../answers.ts';
import type { Browsers } from '../browser.ts';
import type { Page } from '../page.ts';
import { notAllowed, Stop } from '../stop.ts';
import type { FormFields, Visit } from '../visit.ts';
import { continuePage } from '../way-back.ts';
import { settleAccount } from './account.ts';
import { createAttempts } from './attempts.ts';
import { elsewherePage, type ElsewhereFault } from './elsewhere-page.ts';
import { callbackOf, linkIssuer, type IdentityProvider } from './identity-provider.ts';
import { createOpenIdProvider, ProviderFault } from './openid-provider.ts';
import { profileOf } from './profile.ts';

export interface ElsewhereOptions {
  issuer: string;
  providers: readonly IdentityProvider[];
  interactions: Interactions;
  people: PersonRegister;
  store: Store;
  browsers: Browsers;
  log: Log;
  addressOf: (req: IncomingMessage) => string | undefined;
}

/** Where a person leaves from, and comes back to. */
export interface Place extends Pick<Visit, 'req' | 'res' | 'words' | 'browser'> {
  /** It is at `/sign-in/{uid}`. */
  uid: string;
  /** Whose people may sign in there; absent: everybody's. */
  org?: string;
  /** The client that they are on their way to. */
  client?: string;
  /** Parameters for the provider that are hints only. */
  wishes: Readonly<Record<string, string>>;
  signIn(person: Person): Page | Promise<Page>;
}

export interface Elsewhere {
  /** The buttons' form. */
  forms: Answers;
  /** Where a person comes back to, within their flow. */
  pages: Answers;
  /** The same for any other place. */
  leave(place: Place, form: FormFields): Promise<Page>;
  arrive(place: Place): Promise<Page>;
  /** Answers where it is one of the callbacks. */
  callback(req: IncomingMessage, res: ServerResponse): Promise<boolean>;
}

const CALLBACK = /^\/sign-in\/callback\/(?<id>[a-z0-9-]+)$/;

export function createElsewhere(options: ElsewhereOptions): Elsewhere {
  const { issuer, providers, interactions, people, store, browsers, log, addressOf } = options;
  const attempts = createAttempts(store);
  const clients = new Map(providers.map((each) => [each.id, createOpenIdProvider(each, callbackOf(issuer, each))]));
  const trusted = (org: string) =>
    providers.filter((each) => each.org === org && each.link_by_email).map((each) => linkIssuer(each.issuer));

  /** One of the place's organization. */
  function providerFor({ org }: Place, id: unknown): IdentityProvider {
    const found = providers.find((each) => each.id === id && (org === undefined || each.org === org));
    if (!found) throw new Stop(403, 'expired');
    return found;
  }

  function clientOf({ id }: IdentityProvider) {
    const client = clients.get(id);
    if (!client) throw new Error(`nobody asks ${id}`);
    return client;
  }

  function audit({ req, client }: Place, { id }: IdentityProvider, granted: boolean, details: object): void {
    const record = { audit: 'sign-in', granted, client, address: addressOf(req), provider: id, ...details };
    log.info(record, `sign-in ${granted ? 'granted' : 'refused'}`);
  }

  function refused(place: Place, provider: IdentityProvider, fault: ElsewhereFault, details: object): Page {
    audit(place, provider, false, { reason: fault, ...details });
    return elsewherePage(fault, provider, place.uid, place.words);
  }

  /** Does what may fail on the provider's side. */
  async function orRefused(place: Place, provider: IdentityProvider, work: () => Promise<Page>): Promise<Page> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ProviderFault)) throw error;
      return refused(place, provider, error.fault, { detail: error.message });
    }
  }

  const leave: Elsewhere['leave'] = async (place, form) => {
    const { uid, browser, wishes, words } = place;
    const provider = providerFor(place, form.provider);
    return orRefused(place, provider, async () => {
      const binding = await attempts.begin({ uid, provider: provider.id }, browser);
      return continuePage(await clientOf(provider).begin(binding, wishes), words);
    });
  };

  const arrive: Elsewhere['arrive'] = async (place) => {
    const { req, res, uid, browser } = place;
    /* To ask about it is not to do it. */
    if (req.method === 'HEAD') throw notAllowed(res, ['GET', 'POST']);
    const query = queryOf(req);
    const state = new URLSearchParams(query).get('state') ?? '';
    const attempt = await attempts.find(state, browser);
    if (attempt?.uid !== uid) throw new Stop(403, 'expired');
    const provider = providerFor(place, attempt.provider);
    const binding = await attempts.end(state, attempt, browser);
    if (!binding) throw new Stop(403, 'expired');
    return orRefused(place, provider, async () => {
      const profile = profileOf(provider, await clientOf(provider).finish(query, binding));
      const settled = await settleAccount(people, provider, profile, trusted(provider.org));
      if ('refused' in settled) return refused(place, provider, settled.refused, { person: settled.account });
      const { person, event } = settled;
      audit(place, provider, true, { person: person.person_id, event });
      return place.signIn(person);
    });
  };

  function placeIn(visit: Visit): Place {
    const { req, res, words, browser, interaction } = visit;
    const { uid, client } = interaction;
    const signIn = (person: Person) => back(visit, (out) => interactions.signIn(req, out, person));
    const to = { uid, org: client.org, client: client.client_id };
    return { req, res, words, browser, ...to, wishes: wishesOf(visit), signIn };
  }

  return {
    forms: { elsewhere: (visit, form) => leave(placeIn(visit), form) },
    pages: { elsewhere: (visit) => arrive(placeIn(visit)) },
    leave,
    arrive,

    /**
     * The cookie of a flow lives on the flow's own path, so the browser is sent there: with the answer as it came, and only
     * where it began this sign-in, with this provider. There the answer is looked at.
     */
    callback: async (req, res) => {
      const id = CALLBACK.exec((req.url ?? '').split('?')[0] ?? '')?.groups?.id;
      if (id === undefined) return false;
      if (!['GET', 'HEAD'].includes(req.method ?? '')) throw notAllowed(res, ['GET', 'HEAD']);
      const query = queryOf(req);
      const state = new URLSearchParams(query).get('state') ?? '';
      const attempt = await attempts.find(state, browsers.secretOf(req, res));
      if (attempt?.provider !== id) {
        const provider = providers.find((each) => each.id === id)?.id;
        const record = { audit: 'sign-in', granted: false, address: addressOf(req), provider, reason: 'unasked' };
        log.info(record, 'sign-in refused');
        throw new Stop(403, 'expired');
      }
      const location = `${issuer}/sign-in/${attempt.uid}/elsewhere?${query}`;
      res.writeHead(303, { Location: location, 'Content-Length': 0, 'Referrer-Policy': 'no-referrer' }).end();
      return true;
    },
  };
}

/** Whoever is signed in already, and is asked again, says who they are there, too. */
function wishesOf({ interaction: { hint, personId }, words: { language } }: Visit): Record<string, string> {
  return {
    ui_locales: language,
    ...(hint !== undefined && { login_hint: hint }),
    ...(personId !== undefined && { prompt: 'login' }),
  };
}

function queryOf({ url = '' }: IncomingMessage): string {
  const start = url.indexOf('?');
  return start < 0 ? '' : url.slice(start + 1);
}
