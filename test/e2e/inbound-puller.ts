/**
 * Watershed's "inbound LRS data": a client that is given the five fields of that form, and knows nothing of hallpass.
 *
 * @see seeds: "Inbound LRS data and OAuth"
 */

/** The form, by its labels. */
export interface DataSource {
  endpoint: string;
  key: string;
  secret: string;
  /** The URL of the token provider; absent: Basic. */
  oauth?: string;
  lastTimestamp: string;
  /** How long the client wants its tokens to live. */
  expireSeconds?: number;
}

export interface Pulled {
  id: string;
  stored: string;
}

export interface Puller {
  /** All that was stored after the last timestamp, page by page; the next pull goes on where this one came to. */
  pull(): AsyncGenerator<Pulled[]>;
  /** What it calls with at the moment. */
  authorization(): string;
  /** How often it had to ask for a token. */
  tokens(): number;
}

const PAGE = 20;
/** For one page: on a busy machine a token may be over before it is used. */
const MOST_RENEWALS = 5;

export function createPuller({ endpoint, key, secret, oauth, lastTimestamp, expireSeconds }: DataSource): Puller {
  let since = lastTimestamp;
  let tokens = 0;
  let authorization = '';

  async function authorize(): Promise<string> {
    if (oauth === undefined) return `Basic ${Buffer.from(`${key}:${secret}`).toString('base64')}`;
    const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: key, client_secret: secret });
    if (expireSeconds !== undefined) form.set('expire_seconds', String(expireSeconds));
    const response = await fetch(oauth, { method: 'POST', body: form });
    if (response.status !== 200) throw new Error(`no token: ${response.status} ${await response.text()}`);
    tokens += 1;
    return `Bearer ${((await response.json()) as { access_token: string }).access_token}`;
  }

  const ask = (url: URL) =>
    fetch(url, { headers: { Authorization: authorization, 'X-Experience-API-Version': '1.0.3' } });

  async function page(url: URL): Promise<{ statements: Pulled[]; more?: string }> {
    if (authorization === '') authorization = await authorize();
    let response = await ask(url);
    for (let renewals = 0; response.status === 401 && renewals < MOST_RENEWALS; renewals++) {
      authorization = await authorize();
      response = await ask(url);
    }
    if (response.status !== 200) throw new Error(`${url.href}: ${response.status} ${await response.text()}`);
    return (await response.json()) as { statements: Pulled[]; more?: string };
  }

  return {
    authorization: () => authorization,
    tokens: () => tokens,
    pull: async function* () {
      let url = new URL('statements', endpoint);
      url.search = new URLSearchParams({ since, ascending: 'true', limit: String(PAGE) }).toString();
      for (;;) {
        const { statements, more } = await page(url);
        since = statements.at(-1)?.stored ?? since;
        yield statements;
        if (!more) return;
        url = new URL(more, endpoint);
      }
    },
  };
}
