/**
 * What the gateway reads out of the bytes of an answer, Node's own parser (llhttp) reads as well: the caller's side is never led
 * to another answer than the gateway saw. What the gateway alone refuses is on a list.
 */
import { readByNode, readByOurs, type Read } from './answers.ts';
import { answerFrom } from './generated.ts';

/** `ANSWERS=1000000` for as many as one has time for, from `ANSWERS_FROM` on. */
const ANSWERS = Number(process.env.ANSWERS ?? 4000);
const FROM = Number(process.env.ANSWERS_FROM ?? 1);
/** Enough to see what they have in common. */
const MOST_WRONG = 50;

/** What the gateway says of it → which such answers it refuses although Node reads them, on purpose. */
const STRICTER: Record<string, RegExp> = {
  /* Codings in a row, or none that is known: whoever does not know one reads another body. */
  'a Transfer-Encoding other than chunked': /^transfer-encoding:/im,
  'a tab in what frames it': /^(?:content-length|transfer-encoding):.*\t/im,
  'a Transfer-Encoding, in HTTP/1.0': /HTTP\/1\.0 [^]*^transfer-encoding:/im,
  'an answer before the answer, in HTTP/1.0': /HTTP\/1\.0 1/,
  '101, which nobody asked for': /HTTP\/1\.1 101/,
  /* An empty line before it, another version, a status that is none, no space behind it, a control character. */
  'a head that is no HTTP/1.1':
    /(?:^|\r\n\r\n)[\r\n]+HTTP|HTTP\/(?!1\.[01])|HTTP\/1\.[01] (?![1-5]\d\d )|[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/,
  /* More noughts than any size needs; an extension without a name, or without the value that it announces. */
  'a chunk without its size': /^(?:0{8,}[\da-f]+|[\da-f]+;(?:.*;)?(?:[=;]|[^="\r\n]*=(?:;|\r?$)|\r?$))/im,
  /* Where no number holds it, and no body comes: to HEAD, with 204 and 304. */
  'a length that is no number': /^content-length: *\d{16,}/im,
  'a trailer that is none': /^(?:content-length|transfer-encoding|host|trailer|connection):/im,
};

const sayOf = ({ why = '' }: Read) => why.replace('the answer of the LRS has ', '');

/** @returns what is wrong, or nothing. */
async function disagreement(seed: number): Promise<string | undefined> {
  const { method, bytes } = answerFrom(seed);
  const ours = readByOurs(bytes, method);
  const cuts = seed % 16 === 0 ? bytes.map((_, n) => n + 1).subarray(0, -1) : [1 + ((seed * 7919) % bytes.length)];
  const inPieces = readByOurs(bytes, method, [...cuts]);
  if (inPieces.outcome !== ours.outcome || (ours.outcome === 'whole' && !same(ours, inPieces)))
    return `in pieces it is ${JSON.stringify(inPieces)}, at once ${JSON.stringify(ours)}`;
  const node = await readByNode(bytes, method);
  if (ours.outcome === 'whole') return same(ours, node) ? undefined : differs(ours, node);
  if (node.outcome !== 'whole') return undefined;
  if (ours.outcome === 'begun') return differs(ours, node);
  return STRICTER[sayOf(ours)]?.test(bytes.toString('latin1')) ? undefined : differs(ours, node);
}

const differs = (ours: Read, node: Read) => `here ${JSON.stringify(ours)}, Node ${JSON.stringify(node)}`;

function same(one: Read, other: Read): boolean {
  return (
    one.outcome === other.outcome &&
    one.status === other.status &&
    one.body === other.body &&
    JSON.stringify(one.headers) === JSON.stringify(other.headers)
  );
}

it(`agrees with Node on ${ANSWERS} answers, however they are cut, or is stricter on purpose`, async () => {
  const outcomes = { whole: 0, begun: 0, refused: 0 };
  const wrong: string[] = [];
  for (let seed = FROM; seed < FROM + ANSWERS && wrong.length < MOST_WRONG; seed++) {
    const { method, bytes } = answerFrom(seed);
    const said = await disagreement(seed);
    if (said !== undefined) wrong.push(`${seed}: ${method} ${JSON.stringify(bytes.toString('latin1'))}: ${said}`);
    outcomes[readByOurs(bytes, method).outcome] += 1;
  }
  expect(wrong).toEqual([]);
  /* Neither all good, which would try nothing, nor all bad. */
  expect(outcomes.whole).toBeGreaterThan(ANSWERS / 5);
  expect(outcomes.refused).toBeGreaterThan(ANSWERS / 5);
  expect(outcomes.begun).toBeGreaterThan(0);
}, 3_600_000);
