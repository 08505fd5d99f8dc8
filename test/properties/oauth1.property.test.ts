/** What a signature is over, for any URL, query and form: the same text that oauthlib makes, which Python clients sign with. */
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { readPairs } from '../../services/shared/oauth1/percent.ts';
import { readSigned } from '../../services/shared/oauth1/request.ts';
import { signatureBase } from '../../services/shared/oauth1/signature.ts';
import { encode, header, type Pairs } from '../support/oauth1-signer.ts';
import { runProcess } from '../support/run-process.ts';

const SCRIPT = fileURLToPath(new URL('../support/oauth1-bases.py', import.meta.url));
const CASES = 500;

/** Any text there is in UTF-8, and what is often there: what sorts before and after `=`, and what encodings differ in. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.string({ unit: fc.constantFrom(...'a-b.=~ +%&é!*\'()/?:"[]{},;@$_0Z'), maxLength: 8 }),
  fc.constantFrom('', 'a', 'a-', 'a=', 'a1', 'aa', '%7E', '%252F', 'https://a.example/?b=c&d'),
);
const pairs = fc.array(fc.tuple(text, text), { maxLength: 5 });

/** Each of the ways in which clients write a pair. */
const written = (said: Pairs, isForm: boolean, isLower: boolean): string =>
  said
    .map((pair) => pair.map((part) => (isForm ? encode(part).replaceAll('%20', '+') : encode(part))).join('='))
    .map((part) => (isLower ? part.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()) : part))
    .join('&');

const request = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'get'),
    origin: fc.constantFrom(
      'https://lrs.example.org',
      'HTTP://LRS.Example.ORG:80',
      'https://a.example:443',
      'http://127.0.0.1:8080',
    ),
    path: fc.constantFrom('/xapi/statements', '/', '/api/organizations/a-b/lrs/activities/state', '/a%20b/%7Ec;d'),
    query: pairs,
    form: pairs,
    isForm: fc.boolean(),
    isLower: fc.boolean(),
    nonce: text.filter((nonce) => nonce !== ''),
    token: fc.option(text, { nil: undefined }),
  })
  .map(({ method, origin, path, query, form, isForm, isLower, nonce, token }) => ({
    method,
    url: `${origin}${path}?${written(query, isForm, isLower)}`,
    form: written(form, isForm, isLower),
    authorization: header([
      ['oauth_consumer_key', 'a key'],
      ...(token === undefined ? [] : [['oauth_token', token] as const]),
      ['oauth_signature_method', 'HMAC-SHA1'],
      ['oauth_timestamp', '1700000000'],
      ['oauth_nonce', nonce],
      ['oauth_signature', 'AAAA'],
    ]),
  }));

it('is what oauthlib signs', async () => {
  const requests = fc
    .sample(request, { numRuns: CASES })
    .filter(({ url, form }) => !`${url}&${form}`.includes('oauth_'));
  const lines = requests.map((said) => JSON.stringify(said)).join('\n');
  const python = runProcess('/usr/bin/python3', [SCRIPT], { input: lines });
  expect((await python.exited).code).toBe(0);
  const theirs = python.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as string);
  expect(theirs).toHaveLength(requests.length);
  requests.forEach((said, n) => {
    const form = readPairs(said.form, 'the form');
    expect({ said, base: signatureBase(readSigned({ ...said, form })) }).toEqual({ said, base: theirs[n] });
  });
});
