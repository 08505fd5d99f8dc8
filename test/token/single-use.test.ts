/** Trap, an adapter that reads before it writes: codes and refresh tokens that many redeem at once. */
import { openBrowser } from '../support/people-flow.ts';
import { DRIVERS, type SharedStore } from '../support/stores.ts';
import { newSeal, runTokenService, type TokenService } from '../support/token-service.ts';
import { personScene, REDIRECT_URI, type Code, type PersonScene, type Tokens } from './person-scene.ts';

/** Of each kind, at each store: `RACE_ROUNDS=200` for as many as one has time for. */
const ROUNDS = Number(process.env.RACE_ROUNDS ?? 6);
const AT_ONCE = 20;

describe.each(DRIVERS)('over %s, at two token services', (_name, open) => {
  let shared: SharedStore;
  let scene: PersonScene;
  let other: TokenService;
  beforeAll(async () => {
    shared = await open();
    const seal = newSeal();
    scene = await personScene({ store: await shared.connect(), seal });
    other = await runTokenService({ store: await shared.connect(), seal });
  });
  afterAll(async () => {
    await other.close();
    await scene.close();
    await shared.close();
  });

  const atOnce = (form: Record<string, string>) =>
    Promise.all(
      Array.from({ length: AT_ONCE }, (_, turn) =>
        (turn % 2 === 0 ? scene.service : other).askToken({ ...form, ...scene.tool }),
      ),
    );
  const formOf = ({ code, verifier }: Code) => ({
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: REDIRECT_URI,
  });

  it('one of 20 redeems a code, in every round', async () => {
    const browser = openBrowser(scene.service);
    for (let round = 0; round < ROUNDS; round++) {
      const answers = await atOnce(formOf(await scene.authorize({ browser })));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      const refused = answers.filter(({ status }) => status !== 200);
      expect(new Set(refused.map(({ body }) => (body as { error: string }).error))).toEqual(new Set(['invalid_grant']));
    }
  });

  it('20 that use a refresh token get one successor, in every round', async () => {
    const browser = openBrowser(scene.service);
    let { refresh_token } = await scene.tokens({ browser });
    for (let round = 0; round < ROUNDS; round++) {
      const answers = await atOnce({ grant_type: 'refresh_token', refresh_token: refresh_token ?? '' });
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      const tokens = answers.map(({ body }) => body as Tokens);
      expect(new Set(tokens.map((token) => token.refresh_token)).size).toBe(1);
      expect(new Set(tokens.map((token) => token.access_token)).size).toBe(1);
      refresh_token = tokens[0]?.refresh_token;
    }
  });
});
