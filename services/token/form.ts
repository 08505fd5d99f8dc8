/**
 * The door of the token endpoints: reads the form once, strictly, so that what is checked here is what oidc-provider
 * then reads.
 */
import type { IncomingMessage } from 'node:http';
import { parse, type ParsedUrlQuery } from 'node:querystring';
import { readAtMost } from '../shared/body.ts';
import { Refusal } from '../shared/refusal.ts';

/** Every token request fits many times over. */
const MAX_BODY_BYTES = 64 * 1024;
const MAX_PARAMETERS = 50;
const FORM = 'application/x-www-form-urlencoded';
/** May come more than once (RFC 8707 §2). */
const REPEATABLE = new Set(['resource']);
/** JSON, in which tabs and line ends between the parts mean nothing (RFC 8259 §2). */
const LAID_OUT = new Set(['authorization_details']);
/** Credentials in a URL end up in logs and browser histories (RFC 6749 §2.3.1: "MUST NOT be included in the request URI"). */
const NEVER_IN_URL = ['client_secret', 'client_assertion', 'token', 'password', 'code', 'refresh_token'];

export interface Form {
  parameters: ParsedUrlQuery;
  /** As it came. */
  bytes: Buffer;
}

/**
 * "Parameters sent without a value MUST be treated as if they were omitted … Request and response parameters MUST NOT
 * be included more than once." Parsed by what oidc-provider parses with, so that the two cannot differ.
 *
 * @throws Refusal saying what is wrong with the body.
 * @see RFC 6749 §3.2
 */
export async function readForm(req: IncomingMessage): Promise<Form> {
  refuseCredentialsInUrl(req.url ?? '');
  const type = req.headers['content-type'];
  if (type === undefined) throw new Refusal('invalid_request', `send the parameters as a form: Content-Type: ${FORM}`);
  if (type.split(';')[0]?.trim().toLowerCase() !== FORM)
    throw new Refusal('invalid_request', `only ${FORM} bodies are read here, not ${printable(type)}`);
  if (req.headers['content-encoding'] !== undefined)
    throw new Refusal('invalid_request', 'send the form as it is, without Content-Encoding');
  const bytes = await readAtMost(req, MAX_BODY_BYTES);
  const parameters = parse(bytes.toString('utf8'), '&', '=', { maxKeys: 0 });
  refuseAmbiguous(parameters);
  return { parameters, bytes };
}

function refuseAmbiguous(parameters: ParsedUrlQuery): void {
  let count = 0;
  for (const name of Object.keys(parameters)) {
    const value = parameters[name] ?? '';
    count += Array.isArray(value) ? value.length : 1;
    if (count > MAX_PARAMETERS)
      throw new Refusal('invalid_request', `the form has more than ${MAX_PARAMETERS} parameters`);
    if (Array.isArray(value) && !REPEATABLE.has(name))
      throw new Refusal('invalid_request', `${printable(name)} must not be sent more than once`);
    const meant = LAID_OUT.has(name) ? String(value).replace(/[\t\n\r]/g, '') : String(value);
    if (CONTROL_CHARACTER.test(name) || CONTROL_CHARACTER.test(meant))
      throw new Refusal('invalid_request', `${printable(name)} has a control character (a newline or NUL, perhaps)`);
  }
}

/**
 * Gives the request another body, in place of the stream that was read: oidc-provider reads by
 * `for await … of req.iterator()`, which takes an array as well as a stream. Another stream, or another object around
 * this one, costs a tenth of the whole request.
 */
export function replaceBody(req: IncomingMessage, body: Buffer): void {
  req.headers['content-type'] = FORM;
  req.headers['content-length'] = String(body.length);
  if (req.headers['transfer-encoding'] !== undefined) delete req.headers['transfer-encoding'];
  /* With every attribute at its default: anything else gives each request a shape of its own. */
  const shown = { writable: true, enumerable: true, configurable: true };
  Object.defineProperty(req, 'readable', { value: true, ...shown });
  Object.defineProperty(req, 'iterator', { value: () => [body], ...shown });
}

function refuseCredentialsInUrl(url: string): void {
  const start = url.indexOf('?');
  if (start < 0) return;
  const query = new URLSearchParams(url.slice(start));
  const found = NEVER_IN_URL.find((name) => query.has(name));
  if (found) throw new Refusal('invalid_request', `${found} must be sent in the body, never in the URL`);
}

const CONTROL_CHARACTER = /[\u0000-\u001f\u007f]/;

function printable(text: string): string {
  return `'${text.slice(0, 60).replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?')}'`;
}
