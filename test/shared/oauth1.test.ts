/** Signatures of OAuth 1, by the examples of RFC 5849 itself. */
import { matches, signatureBase } from '../../services/shared/oauth1/signature.ts';
import { percentEncode } from '../../services/shared/oauth1/percent.ts';
import { isSigned, readSigned, type SignedRequest } from '../../services/shared/oauth1/request.ts';

const asked = (method: string, url: string, authorization?: string, form?: [string, string][]): SignedRequest =>
  readSigned({ method, url, authorization, form });

describe('the example of RFC 5849 §1.2', () => {
  const clientSecret = 'kd94hf93k423kf44';
  const initiate = asked(
    'POST',
    'https://photos.example.net/initiate',
    'OAuth realm="Photos", oauth_consumer_key="dpf43f3p2l4k3l03", oauth_signature_method="HMAC-SHA1", ' +
      'oauth_timestamp="137131200", oauth_nonce="wIjqoS", ' +
      'oauth_callback="http%3A%2F%2Fprinter.example.com%2Fready", oauth_signature="74KNZJeDHnMBp0EMJ9ZHt%2FXKycU%3D"',
  );
  const token = asked(
    'POST',
    'https://photos.example.net/token',
    'OAuth realm="Photos", oauth_consumer_key="dpf43f3p2l4k3l03", oauth_token="hh5s93j4hdidpola", ' +
      'oauth_signature_method="HMAC-SHA1", oauth_timestamp="137131201", oauth_nonce="walatlh", ' +
      'oauth_verifier="hfdp7dh39dks9884", oauth_signature="gKgrFCywp7rO0OXSjdot%2FIHF7IU%3D"',
  );
  const photos = asked(
    'GET',
    'http://photos.example.net/photos?file=vacation.jpg&size=original',
    'OAuth realm="Photos", oauth_consumer_key="dpf43f3p2l4k3l03", oauth_token="nnch734d00sl2jdk", ' +
      'oauth_signature_method="HMAC-SHA1", oauth_timestamp="137131202", oauth_nonce="chapoH", ' +
      'oauth_signature="MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D"',
  );

  it('is signed rightly at every step, each by the secrets of that step', () => {
    expect(matches(initiate, { clientSecret, tokenSecret: '' })).toBe(true);
    expect(matches(token, { clientSecret, tokenSecret: 'hdhd0244k9j7ao03' })).toBe(true);
    expect(matches(photos, { clientSecret, tokenSecret: 'pfkkdhi9sl3r4s00' })).toBe(true);
    expect(matches(token, { clientSecret, tokenSecret: '' })).toBe(false);
    expect(matches(photos, { clientSecret, tokenSecret: 'hdhd0244k9j7ao03' })).toBe(false);
    expect(matches(photos, { clientSecret: '', tokenSecret: 'pfkkdhi9sl3r4s00' })).toBe(false);
  });

  it('says what it says', () => {
    expect(initiate).toMatchObject({
      transport: 'header',
      parameters: {
        consumer_key: 'dpf43f3p2l4k3l03',
        signature_method: 'HMAC-SHA1',
        timestamp: '137131200',
        nonce: 'wIjqoS',
        callback: 'http://printer.example.com/ready',
        signature: '74KNZJeDHnMBp0EMJ9ZHt/XKycU=',
      },
      baseUri: 'https://photos.example.net/initiate',
      others: [],
    });
    expect(token.parameters).toMatchObject({ token: 'hh5s93j4hdidpola', verifier: 'hfdp7dh39dks9884' });
    expect(photos.others).toEqual([
      ['file', 'vacation.jpg'],
      ['size', 'original'],
    ]);
  });
});

/** Two `a3`, one in the query and one in the form; `c@` and `b5` encoded; `a2` with a space; `c2` without a value. */
it('makes the text that RFC 5849 §3.4.1.1 has, of header, query and form', () => {
  const request = asked(
    'POST',
    'http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b',
    'OAuth realm="Example", oauth_consumer_key="9djdj82h48djs9d2", oauth_token="kkk9d7dh3k39sjv7", ' +
      'oauth_signature_method="HMAC-SHA1", oauth_timestamp="137131201", oauth_nonce="7d8f3e4a", ' +
      'oauth_signature="bYT5CMsGcbgUdFHObYMEfcx6bsw%3D"',
    [
      ['c2', ''],
      ['a3', '2 q'],
    ],
  );
  expect(signatureBase(request)).toBe(
    'POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D' +
      '%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1' +
      '%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7',
  );
});

describe('the URL of what is signed (RFC 5849 §3.4.1.2)', () => {
  const signed = 'OAuth oauth_consumer_key="a", oauth_signature_method="PLAINTEXT", oauth_signature="b%26"';

  it.each([
    ['http://EXAMPLE.COM:80/r%20v/X?id=123', 'http://example.com/r%20v/X'],
    ['https://www.example.net:8080/?q=1', 'https://www.example.net:8080/'],
    ['HTTPS://example.com:443/', 'https://example.com/'],
    ['https://example.com:80/a', 'https://example.com:80/a'],
    ['https://example.com', 'https://example.com/'],
    ['https://example.com?a=b', 'https://example.com/'],
    ['https://example.com/a/../b/%7E/%7e', 'https://example.com/a/../b/%7E/%7e'],
  ])('of %s is %s', (url, baseUri) => expect(asked('GET', url, signed).baseUri).toBe(baseUri));

  it('takes a method in upper case', () => {
    expect(signatureBase(asked('get', 'https://example.com/', signed))).toMatch(/^GET&/);
  });
});

it('encodes all but the unreserved, with digits in upper case (RFC 5849 §3.6)', () => {
  expect(percentEncode('abcABC123-._~')).toBe('abcABC123-._~');
  expect(percentEncode("!*'();:@&=+$,/?#[] %")).toBe('%21%2A%27%28%29%3B%3A%40%26%3D%2B%24%2C%2F%3F%23%5B%5D%20%25');
  expect(percentEncode('é☃😀')).toBe('%C3%A9%E2%98%83%F0%9F%98%80');
});

describe('PLAINTEXT', () => {
  const signature =
    'OAuth oauth_consumer_key="dpf43f3p2l4k3l03", oauth_token="hh5s93j4hdidpola", oauth_signature_method="PLAINTEXT", ';
  const keys = { clientSecret: 'djr9rjt0jd78jf88', tokenSecret: 'jjd999tj88uiths3' };

  /** @see RFC 5849 §3.4.4, whose examples these are. */
  it('is the two secrets, encoded, with the & whether there are two or not', () => {
    const right = asked(
      'GET',
      'https://a.example/',
      `${signature}oauth_signature="djr9rjt0jd78jf88%26jjd999tj88uiths3"`,
    );
    expect(matches(right, keys)).toBe(true);
    expect(matches(right, { ...keys, tokenSecret: '' })).toBe(false);
    expect(
      matches(asked('GET', 'https://a.example/', `${signature}oauth_signature="djr9rjt0jd78jf88%26"`), {
        ...keys,
        tokenSecret: '',
      }),
    ).toBe(true);
    const odd = { clientSecret: 'a&b=ü', tokenSecret: '%' };
    const encoded = encodeURIComponent('a%26b%3D%C3%BC&%25');
    expect(matches(asked('GET', 'https://a.example/', `${signature}oauth_signature="${encoded}"`), odd)).toBe(true);
  });

  it('is never right without a secret, which anybody could sign with', () => {
    const empty = asked('GET', 'https://a.example/', `${signature}oauth_signature="%26"`);
    for (const clientSecret of [{}, { clientSecret: '' }, { clientSecret: undefined }])
      expect(matches(empty, { ...clientSecret, tokenSecret: '' })).toBe(false);
  });

  it('is never right over what is not https, not even on this machine', () => {
    const header = `${signature}oauth_signature="djr9rjt0jd78jf88%26jjd999tj88uiths3"`;
    for (const url of ['http://a.example/', 'http://127.0.0.1/', 'http://localhost:8080/', 'HTTP://a.example/'])
      expect(matches(asked('GET', url, header), keys)).toBe(false);
  });
});

it.each<[boolean, string | undefined, string, [string, string][] | undefined]>([
  [true, 'OAuth oauth_consumer_key="a"', '', undefined],
  [true, 'oauth', '', undefined],
  [true, undefined, '?limit=1&oauth_consumer_key=a', undefined],
  [true, undefined, '?oauth%5Fsignature=a', undefined],
  [true, 'Bearer a', '?oauth_signature=a', undefined],
  [true, undefined, '', [['oauth_signature', '']]],
  [false, 'OAuth2 a', '', undefined],
  [false, 'Bearer a', '?oauth=1&o=oauth_signature', [['content', 'oauth_signature']]],
  [false, undefined, '?oauth_signature2=a', undefined],
  [false, undefined, '?method=GET', undefined],
])('says %s of whether a call is signed: %j, %j, %j', (expected, authorization, query, form) => {
  expect(isSigned({ url: `https://a.example/xapi/statements${query}`, authorization, form })).toBe(expected);
});
