/** The recipe for other languages: the very lines of the README, run by Python with the keys of a running token service. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProcess } from '../support/run-process.ts';
import { runTokenService, type TokenService } from '../support/token-service.ts';
import { CLAIMS, createSigner, type Signer } from './forgeries.ts';

const README = readFileSync(join(import.meta.dirname, '../../services/assertion/README.md'), 'utf8');
const RECIPE = /```python\n(?<lines>[^`]*)```/.exec(README)?.groups?.lines ?? '';
const PUBLISHED = 'https://lrs.example.org/oauth2/jwks';

/** What it is given: tokens, a line each, as JSON; what it answers: the claims, or the name of the error, a line each. */
const ASKED = `
import json, sys
for line in sys.stdin:
    try:
        print(json.dumps({"claims": verify(json.loads(line))}))
    except jwt.PyJWTError as error:
        print(json.dumps({"refused": type(error).__name__}))
`;

interface Verdict {
  claims?: object;
  refused?: string;
}

let service: TokenService;
let signer: Signer;
beforeAll(async () => {
  service = await runTokenService();
  signer = await createSigner(service);
});
afterAll(() => service.close());

async function verdictsOn(tokens: string[]): Promise<Verdict[]> {
  const program = RECIPE.replace(PUBLISHED, `${service.url}/oauth2/jwks`) + ASKED;
  const input = tokens.map((token) => `${JSON.stringify(token)}\n`).join('');
  const python = runProcess('/usr/bin/python3', ['-c', program], { input });
  const { code } = await python.exited;
  if (code !== 0) throw new Error(python.stderr);
  return python.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Verdict);
}

describe('the recipe in Python', () => {
  it('is six lines', () => {
    expect(RECIPE.trim().split('\n')).toHaveLength(6);
    expect(RECIPE).toContain(PUBLISHED);
  });

  it('gives the claims of what hallpass signed', async () => {
    const [verdict] = await verdictsOn([await signer.sign()]);
    expect(verdict?.claims).toMatchObject(CLAIMS);
  });

  it('refuses what hallpass did not sign, or not for this LRS, or not for now', async () => {
    const forgeries = (await signer.forgeries()).filter(({ onlyHere }) => !onlyHere);
    const verdicts = await verdictsOn(forgeries.map(({ token }) => token));
    expect(verdicts).toHaveLength(forgeries.length);
    const letThrough = forgeries.filter((_forgery, at) => verdicts[at]?.refused === undefined);
    expect(letThrough.map(({ what }) => what)).toEqual([]);
  });
});
