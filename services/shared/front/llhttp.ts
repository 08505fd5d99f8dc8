/**
 * Node's own HTTP parser without node:http around it: the code that reads every request of a Node server, as strict as there.
 * Node has no public name for it (its module is deprecated in the documentation, DEP0199), so nothing else here knows of
 * it: under a Node that has none, the services do not start, and the suites say so first.
 *
 * @see https://llhttp.org
 */
import { maxHeaderSize } from '../http.ts';

/** A head, as it came. */
export interface RequestHead {
  method: string;
  url: string;
  /** Names and values in turn. */
  rawHeaders: string[];
}

/**
 * @returns the head, where the bytes begin with one of HTTP/1.1 after which the connection stays, and have no other. How much of the
 * body is there, or what else comes behind, is not said.
 */
export type ReadHead = (bytes: Buffer) => RequestHead | undefined;

/** What is used of it. */
interface Parser {
  initialize(type: number, resource: object, mostHeadBytes: number, lenience: number): void;
  /** @returns how many bytes were read, or what is wrong with them. */
  execute(bytes: Buffer): number | Error;
  [event: number]: unknown;
}

interface Parsers {
  HTTPParser: (new () => Parser) & Record<'REQUEST' | 'kLenientNone' | 'kOnHeaders' | 'kOnHeadersComplete', number>;
  methods: readonly string[];
}

/** To the parser: carry on with the body. */
const CARRY_ON = 0;

/** One for all connections: what is not whole is not read on, but from its beginning once more has come, or by node:http. */
export function createReadHead(): ReadHead {
  const { HTTPParser, methods } = process.getBuiltinModule('node:_http_common') as unknown as Parsers;
  const { REQUEST, kLenientNone } = HTTPParser;
  const parser = new HTTPParser();
  let head: RequestHead | undefined;
  let isOrdinary = false;

  /* More headers than come at once with a head. */
  parser[HTTPParser.kOnHeaders] = () => void (isOrdinary = false);
  parser[HTTPParser.kOnHeadersComplete] = (
    major: number,
    minor: number,
    rawHeaders: string[] | undefined,
    method: number,
    url: string,
    _status: unknown,
    _phrase: unknown,
    isUpgrade: boolean,
    isKept: boolean,
  ) => {
    isOrdinary = head === undefined && major === 1 && minor === 1 && !isUpgrade && isKept && rawHeaders !== undefined;
    head = { method: methods[method] ?? '', url, rawHeaders: rawHeaders ?? [] };
    return CARRY_ON;
  };

  return (bytes) => {
    head = undefined;
    isOrdinary = false;
    /* Each time, whatever came of the time before. Who sends `GET /x HTTP/1.1`, a header's name and no more behind a whole request
       would else be read on with the next caller's bytes: that one's credentials, for a request of the first one's making. */
    parser.initialize(REQUEST, {}, maxHeaderSize, kLenientNone);
    const read = parser.execute(bytes);
    if (!head || !isOrdinary || read !== bytes.length) return undefined;
    return head;
  };
}
