/** The claims of a JWT access token: what they are, and that a record comes out of them as it went in. @see RFC 9068 §2.2 */
import type { AccessTokenRecord } from '../../services/shared/access-token.ts';
import { claimsOf, readClaims } from '../../services/shared/jwt-access-token.ts';

const LRS = 'https://lrs.example.org/xapi';
const CLIENT = { client_id: 'tool-1', generation: 0, org: 'default', scope: 'state', iat: 1000, exp: 4600 };
const PERSON: AccessTokenRecord = {
  ...{ client_id: 'tool-1', generation: 7, org: 'berlin', scope: 'openid state', iat: 1000, exp: 4600 },
  ...{ sub: 'person:0123456789abcdef01234567', person_generation: 3, grant: 'family-1', resource: LRS },
  restrictions: [{ actor: { mbox: 'mailto:ann@example.org' } }],
  cnf: { jkt: 'a'.repeat(43) },
};
const token = (record: AccessTokenRecord, audience = [LRS]) => ({ jti: 'id-1', record: { ...record, audience } });

it('a client that acts for itself is its own subject', () => {
  expect(claimsOf(token(CLIENT))).toEqual({
    ...{ jti: 'id-1', aud: LRS, sub: 'tool-1', client_id: 'tool-1', org: 'default', scope: 'state' },
    ...{ iat: 1000, exp: 4600 },
  });
});

it('a person is the subject of theirs, and what ends it is in it: generations, and the family', () => {
  expect(claimsOf(token(PERSON))).toEqual({
    ...{ jti: 'id-1', aud: LRS, sub: PERSON.sub, client_id: 'tool-1', org: 'berlin', scope: 'openid state' },
    ...{ iat: 1000, exp: 4600, gen: 7, sub_gen: 3, grant: 'family-1', resource: LRS, cnf: PERSON.cnf },
    authorization_details: [{ type: 'xapi', actor: { mbox: 'mailto:ann@example.org' } }],
  });
});

it.each<[string, AccessTokenRecord, string[]]>([
  ['a client', CLIENT, [LRS]],
  ['a client, for several resources', CLIENT, [LRS, 'https://lrs.example.org/scim/v2']],
  ['a person', PERSON, [LRS]],
])('a record comes out as it went in: of %s', (_whose, record, audience) => {
  const claims = JSON.parse(JSON.stringify(claimsOf(token(record, audience)))) as Record<string, unknown>;
  expect(readClaims({ ...claims, iss: 'https://lrs.example.org' })).toEqual(token(record, audience));
});

it.each(['jti', 'aud', 'sub', 'client_id', 'scope', 'iat', 'exp'])('without %s there is none', (name) => {
  const { [name]: _, ...claims } = claimsOf(token(PERSON));
  expect(() => readClaims(claims)).toThrow(Error);
});

it.each<[string, unknown]>([
  ['aud', []],
  ['aud', [1]],
  ['sub', 1],
  ['gen', '7'],
  ['grant', 7],
  ['cnf', 'none'],
  ['authorization_details', 'none'],
  ['authorization_details', [1]],
])('nor where %s is %j', (name, value) => {
  expect(() => readClaims({ ...claimsOf(token(PERSON)), [name]: value })).toThrow(Error);
});
