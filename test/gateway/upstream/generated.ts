/** Generates answers: from what LRSs send to what an attacker would, each from a number. */

/** Numbers from 0 up to 1, the same for the same seed. */
export function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

type Numbers = () => number;

const below = (next: Numbers, most: number) => Math.floor(next() * most);
const oneOf = <T>(next: Numbers, list: readonly T[]): T => list[below(next, list.length)] as T;
const often = (next: Numbers, share: number) => next() < share;

const STATUSES = ['200', '204', '304', '400', '404', '500', '206', '201'];
const ODD_STATUSES = ['100', '101', '102', '103', '199', '099', '000', '20', '2000', '600', '999', '2 0', '+20', 'OK'];
const VERSIONS = ['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0'];
const ODD_VERSIONS = [
  'HTTP/2.0',
  'HTTP/0.9',
  'HTTP/1.2',
  'http/1.1',
  'HTTP/1',
  'HTTP/11',
  'ICY',
  'HTTP/1.1 ',
  ' HTTP/1.1',
];
const NAMES = ['Content-Type', 'ETag', 'X-A', 'x_b', 'Date', 'Set-Cookie', 'Last-Modified', 'Vary'];
const ODD_NAMES = ['', 'X A', 'X-A ', ' X-A', 'X\tA', 'X\x00', 'X:', 'Ünd', 'X"', 'X(', 'X\r', '\x7f'];
const VALUES = ['a', 'text/plain', '"etag"', 'a, b', '', 'caf\xe9', 'x  y', 'a:b', '\xff\xfe', 'a\tb'];
const ODD_VALUES = ['a\rb', 'a\nb', 'a\0b', 'a\r\n b', 'a\r\n\tb', '\x01', '\x7f', 'a\r', '\x0b'];
const LENGTHS = ['-1', '+5', '0x5', '5 5', '5,5', '5, 5', ' 5 ', '05', '5.0', '1e1', '99999999999999999999', '', '٥'];
const CODINGS = [
  'gzip, chunked',
  'chunked, chunked',
  'identity',
  'xchunked',
  'Chunked',
  'chunked;q=1',
  'gzip',
  ' chunked ',
  '',
];
const CONNECTIONS = ['close', 'keep-alive', 'Keep-Alive', 'close, x', 'upgrade', 'x'];
const EXTENSIONS = [
  ';a',
  ';a=b',
  ';a="b"',
  ';a="\r\n"',
  '; a',
  ' ;a',
  ';',
  ';a=',
  ';a="',
  ';a=b;c=d',
  ' ',
  '\t',
  ';=',
  ';\xe9',
];
const SIZES = [
  '0x5',
  '5h',
  '-5',
  '+5',
  ' 5',
  '',
  '00000000000000000005',
  'ffffffffffffffffff',
  '5_',
  '5.',
  '5\n',
  '5\r',
];
const ENDS = ['\n', '\r', '\r\r\n', ' \r\n', '\n\r', '\r\n\r\n', '', '\0\r\n'];
const TRAILERS = [
  'X-A: b',
  'Content-Length: 5',
  'Transfer-Encoding: chunked',
  'X A: b',
  'X-A : b',
  ' folded',
  'X-A:',
  ':',
  'X\0: b',
];

export interface Generated {
  method: string;
  bytes: Buffer;
}

export function answerFrom(seed: number): Generated {
  const next = numbersFrom(seed);
  /* Of how many of its parts something may be wrong. */
  const oddness = oneOf(next, [0, 0.02, 0.05, 0.15]);
  const odd = () => often(next, oddness);
  const crlf = () => (odd() ? oneOf(next, ENDS) : '\r\n');

  function head(status: string, lines: string[]): string {
    const version = odd() ? oneOf(next, ODD_VERSIONS) : oneOf(next, VERSIONS);
    const reason = odd()
      ? oneOf(next, ['', ' O\0K', ' O\rK', '  OK ', '\tOK', ' \xe9', ' OK\x7f'])
      : oneOf(next, [' OK', ' ']);
    return `${version}${odd() ? oneOf(next, ['', '  ', '\t']) : ' '}${status}${reason}${crlf()}${lines
      .map((line) => line + crlf())
      .join('')}${crlf()}`;
  }

  function field(): string {
    const name = odd() ? oneOf(next, ODD_NAMES) : oneOf(next, NAMES);
    const value = odd() ? oneOf(next, ODD_VALUES) : oneOf(next, VALUES);
    return `${name}:${oneOf(next, [' ', ' ', '', '\t', '  '])}${value}${oneOf(next, ['', '', '', ' ', '\t'])}`;
  }

  const spelt = (name: string) => oneOf(next, [name, name, name.toLowerCase(), name.toUpperCase()]);

  function chunked(content: string): string {
    let text = '';
    for (let at = 0; at < content.length;) {
      const size = Math.min(content.length - at, 1 + below(next, 20));
      const said = odd() ? oneOf(next, SIZES) : (size + (odd() ? oneOf(next, [-1, 1, 2]) : 0)).toString(16);
      const padded = odd() ? `0${said.toUpperCase()}` : said;
      text += `${padded}${odd() ? oneOf(next, EXTENSIONS) : ''}${crlf()}${content.slice(at, at + size)}${crlf()}`;
      at += size;
    }
    const trailers = odd() || often(next, 0.1) ? [oneOf(next, TRAILERS)] : [];
    return `${text}0${odd() ? oneOf(next, EXTENSIONS) : ''}${crlf()}${trailers.map((line) => line + crlf()).join('')}${crlf()}`;
  }

  function answer(): string {
    const status = odd() ? oneOf(next, ODD_STATUSES) : oneOf(next, STATUSES);
    const content = oneOf(next, [
      '',
      '{}',
      'GOOD',
      'x'.repeat(below(next, 60)),
      '\r\n\r\n',
      'HTTP/1.1 200 OK\r\n\r\n',
      '0\r\n\r\n',
    ]);
    const lines = Array.from({ length: below(next, 4) }, field);
    const at = () => below(next, lines.length + 1);
    const framing = oneOf(next, ['length', 'length', 'chunks', 'chunks', 'close']);
    if (framing === 'length' || odd()) {
      const length = odd() ? oneOf(next, LENGTHS) : String(content.length + (odd() ? oneOf(next, [-1, 1, 7]) : 0));
      lines.splice(at(), 0, `${spelt('Content-Length')}: ${length}`);
      if (odd()) lines.splice(at(), 0, `${spelt('Content-Length')}: ${odd() ? content.length : length}`);
    }
    if (framing === 'chunks' || odd())
      lines.splice(at(), 0, `${spelt('Transfer-Encoding')}: ${odd() ? oneOf(next, CODINGS) : 'chunked'}`);
    if (often(next, 0.2)) lines.splice(at(), 0, `${spelt('Connection')}: ${oneOf(next, CONNECTIONS)}`);
    return head(status, lines) + (framing === 'chunks' ? chunked(content) : content);
  }

  const before = often(next, 0.1)
    ? head(oneOf(next, ['100', '102', '103', '199']), often(next, 0.5) ? [field()] : [])
    : '';
  const after = often(next, 0.1) ? oneOf(next, ['\r\n', 'EXTRA', '\0', answer()]) : '';
  const text = before + answer() + after;
  const method = oneOf(next, ['GET', 'GET', 'GET', 'POST', 'HEAD']);
  return { method, bytes: mutated(Buffer.from(text, 'latin1'), next, oddness) };
}

/** Bytes changed, taken out, put in, said twice, or cut off. */
function mutated(bytes: Buffer, next: Numbers, oddness: number): Buffer {
  if (oddness === 0 || !often(next, 0.4)) return bytes;
  const at = below(next, bytes.length + 1);
  const piece = bytes.subarray(at, at + below(next, 12));
  const special = Buffer.from([oneOf(next, [0, 9, 10, 13, 32, 44, 58, 59, 127, 128, 255, below(next, 256)])]);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (below(next, 5)) {
    case 0:
      return Buffer.concat([before, special, after.subarray(1)]);
    case 1:
      return Buffer.concat([before, special, after]);
    case 2:
      return Buffer.concat([before, after.subarray(piece.length)]);
    case 3:
      return Buffer.concat([before, piece, after]);
    default:
      return before;
  }
}
