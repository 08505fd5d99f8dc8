/** Where a person stands in a flow, and how it goes on: between the pages and the library. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Client } from '../shared/client.ts';
import { permissionsOf, type Person } from '../shared/person.ts';
import { narrow } from '../shared/scopes.ts';
import type { Reader } from '../store/records.ts';
import { keyOf, StoreUnavailable } from '../store/store.ts';
import { askingClient } from './asking-client.ts';
import type { Consents } from './consents.ts';
import type { DeviceVisit } from './device-flow.ts';
import type { WaitingDevice } from './devices.ts';
import { apart, isIdentityScope, publicScope } from './identity-scopes.ts';
import type { Interaction, Interactions } from './interactions.ts';

/** The library's record of a stop. */
export interface Stop {
  uid: string;
  prompt: { name: string };
  params: Record<string, unknown>;
  session?: { accountId?: string; uid?: string };
  exp?: number;
  save(ttlSeconds: number): Promise<unknown>;
}

/** What is needed of the library. */
export interface Flow {
  interactionDetails(req: IncomingMessage, res: ServerResponse): Promise<Stop>;
  interactionFinished(req: IncomingMessage, res: ServerResponse, result: object): Promise<void>;
  endSession(uid: string): Promise<void>;
  beginDevice(device: WaitingDevice, visit: DeviceVisit): Promise<void>;
  resumeDevice(req: IncomingMessage, res: ServerResponse): Promise<void>;
}

export interface InteractionFlowOptions {
  flow: Flow;
  clients: Reader<Client>;
  people: Reader<Person>;
  consents: Consents;
}

export function createInteractions({ flow, clients, people, consents }: InteractionFlowOptions): Interactions {
  /** The stop of the path, where this browser is the one that came to it. */
  async function stopOf(req: IncomingMessage, res: ServerResponse): Promise<Stop | undefined> {
    const uid = /^\/sign-in\/(?<uid>[\w-]+)/.exec(req.url ?? '')?.groups?.uid;
    try {
      const stop = await flow.interactionDetails(req, res);
      return stop.uid === uid ? stop : undefined;
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      return undefined;
    }
  }

  async function mustHave(req: IncomingMessage, res: ServerResponse): Promise<{ stop: Stop; client: Client }> {
    const stop = await stopOf(req, res);
    const client = stop && (await clients.read(keyOf(String(stop.params.client_id))));
    if (!stop || !client?.active) throw new Error('an answer came to no question that is open');
    return { stop, client };
  }

  return {
    find: async (req, res) => {
      const stop = await stopOf(req, res);
      const client = stop && (await clients.read(keyOf(String(stop.params.client_id))));
      if (!stop || !client?.active || (stop.prompt.name !== 'login' && stop.prompt.name !== 'consent'))
        return undefined;
      const personId = stop.session?.accountId;
      const person = personId === undefined ? undefined : await people.read(keyOf(personId));
      return interactionOf(stop, client, person);
    },

    signIn: async (req, res, person) => {
      const { stop } = await mustHave(req, res);
      /* Nothing of one person's session becomes another's. */
      if (stop.session?.accountId !== undefined && stop.session.accountId !== person.person_id) {
        if (stop.session.uid !== undefined) await flow.endSession(stop.session.uid);
        delete stop.session;
        await stop.save(Math.max(1, (stop.exp ?? 0) - Math.floor(Date.now() / 1000)));
      }
      /* Until the browser is closed: it may be one of a classroom. */
      const login = { accountId: person.person_id, generation: person.generation, remember: false };
      await flow.interactionFinished(req, res, { login });
    },

    consent: async (req, res, answer) => {
      const { stop, client } = await mustHave(req, res);
      const personId = stop.session?.accountId;
      if (personId === undefined || stop.prompt.name !== 'consent')
        throw new Error('somebody agreed to something before anybody had signed in');
      const asked = scopesOf(stop);
      const granted = asked.filter((scope) => answer.includes(publicScope(scope)));
      if (granted.every((scope) => scope === 'offline_access')) return deny(req, res);
      await consents.remember(personId, client, asked, granted);
      await flow.interactionFinished(req, res, { consent: {} });
    },

    deny: async (req, res) => {
      await mustHave(req, res);
      await deny(req, res);
    },

    beginDevice: (req, res, device, isAnother) => flow.beginDevice(device, { req, res, isAnother }),
    resumeDevice: (req, res) => flow.resumeDevice(req, res),
  };

  function deny(req: IncomingMessage, res: ServerResponse): Promise<void> {
    return flow.interactionFinished(req, res, { error: 'access_denied', error_description: 'the person said no' });
  }
}

function scopesOf({ params: { scope } }: Stop): string[] {
  return typeof scope === 'string' ? scope.split(' ').filter(Boolean) : [];
}

function interactionOf(stop: Stop, client: Client, person: Person | undefined): Interaction {
  const { params, prompt } = stop;
  const { ours } = apart(scopesOf(stop).join(' '));
  const locales = typeof params.ui_locales === 'string' ? params.ui_locales.split(' ').filter(Boolean) : [];
  return {
    uid: stop.uid,
    prompt: prompt.name as Interaction['prompt'],
    client: askingClient(client),
    scopes: person && prompt.name === 'consent' ? narrow(ours, permissionsOf(person)) : ours,
    identityScopes: scopesOf(stop).filter(isIdentityScope).map(publicScope),
    personId: stop.session?.accountId,
    uiLocales: locales,
    hint: typeof params.login_hint === 'string' ? params.login_hint : undefined,
  };
}
