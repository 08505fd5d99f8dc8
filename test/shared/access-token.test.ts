/** The record that the token service writes and the gateway reads: its bytes are a contract between processes. */
import { decodeAccessToken, encodeAccessToken } from '../../services/shared/access-token.ts';

const ORDINARY = {
  client_id: 'acme',
  generation: 0,
  org: 'default',
  scope: 'statements/write state',
  iat: 1700000000,
  exp: 1700003600,
};
const PARTICULAR = { client_id: 'acme', generation: 7, org: 'berlin', scope: 'all', iat: 1700000000, exp: 1700003600 };
const NARROW = {
  client_id: 'acme',
  generation: 7,
  org: 'berlin',
  scope: 'state',
  sub: 'person:0123456789abcdef01234567',
  person_generation: 3,
  grant: 'family-1',
  resource: 'https://lrs.example.org/xapi',
  restrictions: [
    { actor: { mbox: 'mailto:ann@example.org' }, activity: 'https://example.org/course/*' },
    { verbs: ['http://adlnet.gov/expapi/verbs/passed'], 'no-void': true as const },
  ],
  iat: 1700000000,
  exp: 1700003600,
};

const BOUND = { ...ORDINARY, cnf: { jkt: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs' } };
const CERTIFIED = { ...ORDINARY, cnf: { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' } };

describe('the access-token record', () => {
  it('is these bytes, where all is at its default', () => {
    expect(encodeAccessToken(ORDINARY)).toBe(
      '{"client_id":"acme","scope":"statements/write state","iat":1700000000,"exp":1700003600}',
    );
  });

  it('is these bytes, where it is not', () => {
    expect(encodeAccessToken(PARTICULAR)).toBe(
      '{"client_id":"acme","gen":7,"org":"berlin","scope":"all","iat":1700000000,"exp":1700003600}',
    );
  });

  it('is these bytes, for a person, one resource and no more than some of it', () => {
    expect(encodeAccessToken(NARROW)).toBe(
      '{"client_id":"acme","gen":7,"org":"berlin","scope":"state","sub":"person:0123456789abcdef01234567","sub_gen":3,' +
        '"grant":"family-1","aud":"https://lrs.example.org/xapi",' +
        '"authorization_details":[{"actor":{"mbox":"mailto:ann@example.org"},"activity":"https://example.org/course/*"},' +
        '{"verbs":["http://adlnet.gov/expapi/verbs/passed"],"no-void":true}],"iat":1700000000,"exp":1700003600}',
    );
  });

  it('is these bytes, where it is bound to a key, or to a certificate', () => {
    expect(encodeAccessToken(BOUND)).toBe(
      '{"client_id":"acme","scope":"statements/write state",' +
        '"cnf":{"jkt":"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"},"iat":1700000000,"exp":1700003600}',
    );
    expect(encodeAccessToken(CERTIFIED)).toBe(
      '{"client_id":"acme","scope":"statements/write state",' +
        '"cnf":{"x5t#S256":"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"},"iat":1700000000,"exp":1700003600}',
    );
  });

  it.each([ORDINARY, PARTICULAR, NARROW, BOUND, CERTIFIED])('is read back as it was: %j', (record) => {
    expect(decodeAccessToken(encodeAccessToken(record))).toEqual(record);
  });

  it('is read without what a newer version may have added', () => {
    expect(decodeAccessToken('{"client_id":"a","scope":"all","iat":1,"exp":2,"later":"something"}')).toEqual({
      client_id: 'a',
      generation: 0,
      org: 'default',
      scope: 'all',
      iat: 1,
      exp: 2,
    });
  });

  it.each([
    '',
    'null',
    '[]',
    '"text"',
    '42',
    '{}',
    '{"client_id":"a"}',
    '{"client_id":"a","scope":"all","iat":1}',
    '{"client_id":"a","scope":"all","iat":"1","exp":"2"}',
    '{"client_id":["a"],"scope":"all","iat":1,"exp":2}',
    '{"client_id":"a","scope":["all"],"iat":1,"exp":2}',
    '{"client_id":"a","scope":"all","iat":1,"exp":null}',
    '{"client_id":"a","scope":"all","iat":1,"exp":2,"gen":"0"}',
    '{"client_id":"a","scope":"all","iat":1,"exp":2,"gen":null}',
    '{"client_id":"a","scope":"all","iat":1,"exp":2,"org":{}}',
    '{"client_id":"a","scope":"all","iat":1,"exp":2,"sub":null}',
    '{"client_id":"a","scope":"all","iat":1,"exp":2,"sub":"b","sub_gen":null}',
    '{"client_id":"a","scope":"all","iat":1,"exp":2,"sub":"b","sub_gen":"1"}',
    '{"client_id":"a","scope":"all","iat":1,"exp":2,"grant":7}',
    '{"client_id":"a","scope":"all","iat":1,"exp":2,"aud":["https://lrs.example.org/xapi"]}',
    '{"client_id":"a","scope":"all","iat":1,"exp":2,"aud":null}',
    '{"client_id":"a","scope":"all","iat":1,"exp":2,"authorization_details":null}',
    '{"client_id":"a","scope":"all","iat":1,"exp":2,"authorization_details":{"no-void":true}}',
    '{"client_id":"a","scope":"all","iat":1,"exp":2,"authorization_details":["no-void"]}',
    '{"client_id":"a","scope":"all","iat":1,"exp":2,"authorization_details":[null]}',
    '{"client_id":"a","scope":"all","iat":1,"exp":2,"authorization_details":[[]]}',
    '{"client_id":"a","scope":"all","iat":1,"exp":2,"cnf":null}',
    '{"client_id":"a","scope":"all","iat":1,"exp":2,"cnf":{}}',
    '{"client_id":"a","scope":"all","iat":1,"exp":2,"cnf":"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"}',
    '{"client_id":"a","scope":"all","iat":1,"exp":2,"cnf":{"jkt":""}}',
    '{"client_id":"a","scope":"all","iat":1,"exp":2,"cnf":{"jkt":["NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"]}}',
    '{"client_id":"a","scope":"all","iat":1,"exp":2,"cnf":{"kid":"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"}}',
    '{"client_id":"a","scope":"all","iat":1,"exp":2',
  ])('is not %j, and no guess is made', (text) => {
    expect(() => decodeAccessToken(text)).toThrow();
  });

  it('takes nothing from the prototype', () => {
    expect(() => decodeAccessToken('{"__proto__":{"client_id":"a","scope":"all","iat":1,"exp":2}}')).toThrow();
  });
});
