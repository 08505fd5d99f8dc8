/** Makes a certificate authority and a certificate of 127.0.0.1 signed by it, with openssl. */
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Certificates {
  caFile: string;
  certFile: string;
  keyFile: string;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const SERVER_EXTENSIONS = [
  'basicConstraints=critical,CA:FALSE',
  'extendedKeyUsage=serverAuth',
  'subjectAltName=IP:127.0.0.1,DNS:localhost',
].join('\n');

/** The files are written into the folder, which the caller owns. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const at = (name: string) => join(folder, name);
  await run('openssl', [
    ...['req', '-x509', ...NEW_KEY, '-days', '2', '-subj', '/CN=Test authority'],
    ...['-keyout', at('ca.key'), '-out', at('ca.crt')],
  ]);
  await run('openssl', [
    ...['req', '-new', ...NEW_KEY, '-subj', '/CN=127.0.0.1'],
    ...['-keyout', at('server.key'), '-out', at('server.csr')],
  ]);
  await writeFile(at('server.ext'), SERVER_EXTENSIONS);
  await run('openssl', [
    ...['x509', '-req', '-days', '2', '-in', at('server.csr'), '-extfile', at('server.ext')],
    ...['-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial', '-out', at('server.crt')],
  ]);
  return { caFile: at('ca.crt'), certFile: at('server.crt'), keyFile: at('server.key') };
}

/** A certificate that nobody signed but its owner, as PEM. */
export async function makeSelfSigned(name: string, newKey: readonly string[] = NEW_KEY): Promise<string> {
  const { stdout } = await run('openssl', [
    ...['req', '-x509', ...newKey, '-days', '2', '-subj', `/CN=${name}`, '-keyout', '/dev/null'],
  ]);
  return stdout;
}

/** The same but for the days: `YYMMDD`, in this century. Nobody checks who signed it. */
export function dated(pem: string, from: string, to: string): string {
  const der = Buffer.from(new X509Certificate(pem).raw);
  let at = 0;
  for (const day of [from, to]) {
    /* UTCTime of 13 characters. */
    at = der.indexOf(Buffer.from([0x17, 0x0d]), at) + 2;
    der.write(`${day}000000Z`, at, 'latin1');
  }
  return new X509Certificate(der).toString();
}
