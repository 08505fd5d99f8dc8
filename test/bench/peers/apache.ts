/** Apache with mod_auth_openidc as an OAuth 2 resource server, as its documentation has it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import type { Run } from '../processes.ts';
import { peerOf, type Peer } from './nginx.ts';
import type { Introspection } from './nginx-proxies.ts';

const MODULES = [
  'mpm_event',
  'authn_core',
  'authz_core',
  'authz_user',
  'auth_openidc',
  'headers',
  'proxy',
  'proxy_http',
];

/** One process with 64 threads, as many tokens cached as its shared memory has slots by default. */
export async function startApache(run: Run, lrsPort: number, asked: Introspection): Promise<Peer> {
  const [port, folder] = [await freePort(), await tempFolder('apache')];
  await mkdir(join(folder.path, 'logs'));
  await writeFile(join(folder.path, 'apache.conf'), configuration(folder.path, port, lrsPort, asked));
  const started = run('apache2', ['-d', folder.path, '-f', join(folder.path, 'apache.conf'), '-D', 'FOREGROUND']);
  return peerOf(started, port, folder);
}

function configuration(
  folder: string,
  port: number,
  lrsPort: number,
  { port: tokenPort, clientId, secret }: Introspection,
): string {
  return `
ServerRoot ${folder}
ServerName localhost
Listen 127.0.0.1:${port}
PidFile ${folder}/apache.pid
DefaultRuntimeDir ${folder}
Mutex posixsem
ErrorLog ${folder}/logs/error.log
LogLevel error
User www-data
Group www-data
${MODULES.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
ServerLimit 1
StartServers 1
ThreadsPerChild 64
MaxRequestWorkers 64
MinSpareThreads 1
MaxSpareThreads 64
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 65
OIDCOAuthIntrospectionEndpoint https://127.0.0.1:${tokenPort}/oauth2/introspect
OIDCOAuthIntrospectionEndpointAuth client_secret_basic
OIDCOAuthClientID ${clientId}
OIDCOAuthClientSecret ${secret}
OIDCOAuthIntrospectionTokenParamName token
OIDCOAuthSSLValidateServer Off
OIDCCacheShmMax 2500
OIDCOAuthRemoteUserClaim client_id
OIDCOAuthTokenExpiryClaim exp absolute mandatory
OIDCCryptoPassphrase 0123456789abcdef0123456789abcdef
<Location /xapi/>
  AuthType oauth20
  <LimitExcept POST PUT DELETE>
    Require claim scope~statements/read
  </LimitExcept>
  <Limit POST PUT DELETE>
    Require claim scope~statements/write
  </Limit>
  RequestHeader set Authorization "Basic Z2F0ZXdheTphIHBhc3N3b3Jk"
  ProxyPass http://127.0.0.1:${lrsPort}/xAPI/ keepalive=On
</Location>
`;
}
