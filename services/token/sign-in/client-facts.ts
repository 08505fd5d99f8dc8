/** Who is asking, and who is asked, in so far as it is known here. */
import { addressOf, type Person } from '../../shared/person.ts';
import type { Interaction } from '../interactions.ts';
import { html, type Html } from './html.ts';
import type { Words } from './messages.ts';

type AskingClient = Interaction['client'];

/** What a stranger chose must not turn around the text that it stands in: `bdi` keeps letters that run the other way apart. */
export function nameOf({ client_name }: Pick<AskingClient, 'client_name'>): Html {
  return html`<bdi translate="no">${client_name}</bdi>`;
}

export function personName(person: Person): Html {
  const address = addressOf(person);
  const name = html`<strong translate="no"><bdi>${person.name}</bdi></strong>`;
  return address === undefined ? name : html`${name} (<bdi translate="no">${address}</bdi>)`;
}

/** Its owner, its home page, what it is for, and whether anybody here has looked at that. */
export function clientFacts(client: AskingClient, { say }: Words): Html {
  const { description, owner, unverified } = client;
  const facts = [
    description && html`<bdi>${description}</bdi>`,
    owner && say('client.owner', { owner: html`<bdi translate="no">${owner}</bdi>` }),
    homePage(client, say),
  ].filter((fact) => typeof fact === 'object');
  return html`${
    facts.length > 0
      ? html`<ul class="facts">
          ${facts.map((fact) => html`<li>${fact}</li>`)}
        </ul>`
      : undefined
  }
  ${unverified ? html`<p class="notice note">${say('client.unverified')}</p>` : undefined}`;
}

/** A link in the sight of somebody who is signed in: `javascript:` and the like are no home pages. */
function homePage({ client_uri = '' }: AskingClient, say: Words['say']): Html | undefined {
  const url = URL.parse(client_uri);
  if (!url || !['https:', 'http:'].includes(url.protocol)) return undefined;
  const link = html`<a href="${url.href}" rel="noopener noreferrer" target="_blank" translate="no">${url.host}</a>`;
  return say('client.home', { uri: link });
}
