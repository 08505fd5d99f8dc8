/** A real Redis for a test: its own port, its own folder, ended by pid. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCertificates, type Certificates } from './certificates.ts';
import { freePort } from './free-port.ts';
import { redisCommand, type RedisLogin } from './redis-command.ts';
import { redisProcess } from './redis-process.ts';
import { tempFolder } from './temp-folder.ts';

export interface RedisOptions {
  password?: string;
  /** An ACL user with that password; the default user is then switched off. */
  username?: string;
  appendonly?: boolean;
  tls?: boolean;
  /** Further lines of redis.conf. */
  settings?: string[];
}

export interface RedisServer {
  /** With the credentials; `rediss://` with TLS. */
  readonly url: string;
  readonly port: number;
  /** Of the process that runs now, or ran last. */
  readonly pid: number;
  /** The certificate of the authority that signed the server's, with TLS. */
  readonly caFile?: string;
  /** Ends it as an operator would: the data are saved. */
  stop(): Promise<void>;
  /** Ends it as a power cut would: without the append-only file, the data are lost. */
  kill(): Promise<void>;
  /** Again, on the same port and with the data that were saved. */
  start(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
  /** The answer of redis-cli; an array comes as lines. Rejects when Redis answers with an error. */
  command(...args: string[]): Promise<string>;
  /** Ends it and removes its folder. */
  close(): Promise<void>;
}

export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const folder = await tempFolder('redis');
  const port = await freePort();
  const certificates = options.tls ? await makeCertificates(folder.path) : undefined;
  const login = loginOf(port, options, certificates);
  const configFile = join(folder.path, 'redis.conf');
  const logFile = join(folder.path, 'redis.log');
  await writeFile(
    configFile,
    [...listening(port, certificates), ...storing(folder.path, logFile, options), ...admitting(options)].join('\n'),
  );

  const process = redisProcess([configFile], login, logFile);

  const server: RedisServer = {
    url: urlOf(port, options),
    port,
    get pid() {
      return process.pid;
    },
    ...(certificates && { caFile: certificates.caFile }),
    start: () => process.start(),
    stop: () => process.end('SIGTERM'),
    kill: () => process.end('SIGKILL'),
    pause: () => process.pause(),
    resume: () => process.resume(),
    command: (...args) => redisCommand(login, args),
    close: async () => {
      await process.end('SIGKILL');
      await folder.remove();
    },
  };
  await server.start().catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  return server;
}

function loginOf(port: number, options: RedisOptions, certificates?: Certificates): RedisLogin {
  return {
    port,
    ...(options.username && { username: options.username }),
    ...(options.password && { password: options.password }),
    ...(certificates && { caFile: certificates.caFile }),
  };
}

function urlOf(port: number, { username = '', password, tls }: RedisOptions): string {
  const credentials = password ? `${encodeURIComponent(username)}:${encodeURIComponent(password)}@` : '';
  return `${tls ? 'rediss' : 'redis'}://${credentials}127.0.0.1:${port}`;
}

function listening(port: number, certificates?: Certificates): string[] {
  if (!certificates) return ['bind 127.0.0.1', `port ${port}`];
  return [
    'bind 127.0.0.1',
    'port 0',
    `tls-port ${port}`,
    `tls-ca-cert-file ${certificates.caFile}`,
    `tls-cert-file ${certificates.certFile}`,
    `tls-key-file ${certificates.keyFile}`,
    'tls-auth-clients no',
  ];
}

/** The save line matters for `stop`: Redis writes its data at SIGTERM only where saving is configured at all. */
function storing(folder: string, logFile: string, options: RedisOptions): string[] {
  return [
    `dir ${folder}`,
    `logfile ${logFile}`,
    'save 3600 1',
    `appendonly ${options.appendonly ? 'yes' : 'no'}`,
    'appendfsync always',
    ...(options.settings ?? []),
  ];
}

function admitting({ username, password }: RedisOptions): string[] {
  if (username && password)
    return ['user default off', `user ${username} on ${JSON.stringify(`>${password}`)} ~* &* +@all`];
  return password ? [`requirepass ${JSON.stringify(password)}`] : [];
}
