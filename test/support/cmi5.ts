/** An LMS, and content that it launches, at a token service. */
import { randomUUID } from 'node:crypto';
import request from 'supertest';
import type { Client } from '../../services/shared/client.ts';
import type { Credentials, TokenService } from './token-service.ts';

export const LEARNER = { objectType: 'Agent', account: { homePage: 'https://lms.example.org', name: '1625378' } };
export const LESSON = 'https://lms.example.org/au/7';

export interface Launched {
  id: string;
  endpoint: string;
  fetch: string;
  actor: object;
  registration: string;
  activityId: string;
  launch_url?: string;
  returnURL?: string;
  scope: string;
  expires_in: number;
  expires_at: number;
  fetch_expires_at: number;
}

/** What content reads at its fetch URL. */
export type Fetched = { 'auth-token'?: string; 'error-code'?: string; 'error-text'?: string };

export const LMS_SCOPE = 'launch statements/write all/read state profile';

export function addLms(service: TokenService, registration: Partial<Client> = {}): Promise<Credentials> {
  return service.addClient({ scope: LMS_SCOPE, max_token_seconds: 86_400, ...registration });
}

export function launchBody(said: object = {}): object {
  return { actor: LEARNER, activityId: LESSON, registration: randomUUID(), ...said };
}

export function askLaunch(
  service: TokenService,
  { client_id, client_secret }: Credentials,
  said: object = {},
): request.Test {
  return request(service.url).post('/cmi5/launches').auth(client_id, client_secret).send(launchBody(said));
}

/** A launch, or the test fails with the refusal. */
export async function launched(service: TokenService, lms: Credentials, said: object = {}): Promise<Launched> {
  const response = await askLaunch(service, lms, said);
  if (response.status !== 201) throw new Error(`${response.status} ${response.text}`);
  return response.body as Launched;
}

export function askFetch(service: TokenService, { fetch }: Pick<Launched, 'fetch'>): request.Test {
  return request(service.url).post(new URL(fetch).pathname);
}

/** The body, of a 200 that nobody stores: "The HTTP status code MUST be "200" for a valid request". @see cmi5 §8.2.2 */
export async function fetched(service: TokenService, launch: Pick<Launched, 'fetch'>): Promise<Fetched> {
  const response = await askFetch(service, launch);
  expect(response.status).toBe(200);
  expect(response.headers['content-type']).toMatch(/^application\/json\b/);
  expect(response.headers['cache-control']).toBe('no-store');
  return response.body as Fetched;
}

export function endLaunch(service: TokenService, { client_id, client_secret }: Credentials, id: string): request.Test {
  return request(service.url).delete(`/cmi5/launches/${id}`).auth(client_id, client_secret);
}
