/** An nginx of the benchmark's own: one worker, its files in a folder of its own, no access log. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canListen } from '../../support/free-port.ts';
import type { RunningProcess } from '../../support/run-process.ts';
import { tempFolder, type TempFolder } from '../../support/temp-folder.ts';
import { eventually } from '../../support/wait.ts';
import { childrenOf } from '../cpu.ts';
import type { Run } from '../processes.ts';

export interface Peer {
  port: number;
  /** Every process whose CPU counts. */
  pids: readonly number[];
  close(): Promise<void>;
}

export interface NginxOptions {
  run: Run;
  port: number;
  /** What stands in `http { … }`; `${folder}` is where it may keep what it likes. */
  http: (folder: string) => string;
  /** Files it can serve, by name. */
  files?: Readonly<Record<string, string | Buffer>>;
}

export async function startNginx({ run, port, http, files = {} }: NginxOptions): Promise<Peer> {
  const folder = await tempFolder('nginx');
  await mkdir(join(folder.path, 'files'));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder.path, 'files', name), content);
  await writeFile(join(folder.path, 'nginx.conf'), configuration(folder.path, http(folder.path)));
  const started = run('nginx', ['-e', 'stderr', '-p', folder.path, '-c', join(folder.path, 'nginx.conf')]);
  return peerOf(started, port, folder);
}

/** A server that was just started, once it listens; its folder goes with it. */
export async function peerOf(started: RunningProcess, port: number, folder: TempFolder): Promise<Peer> {
  await listening(started, port);
  const master = started.pid ?? 0;
  return {
    port,
    /* An nginx that loads its cache ends after a minute. */
    get pids() {
      return [master, ...childrenOf(master)];
    },
    close: async () => {
      await started.stop();
      await folder.remove();
    },
  };
}

/** @throws Error with what it said, where it ends instead. */
async function listening(started: RunningProcess, port: number): Promise<void> {
  await Promise.race([
    eventually(async () => {
      if (await canListen(port)) throw new Error(`nobody listens on ${port}`);
    }),
    started.exited.then(() => {
      throw new Error(`ended at its start: ${started.output}`);
    }),
  ]);
}

function configuration(folder: string, http: string): string {
  return `
daemon off;
user root;
worker_processes 1;
pid ${folder}/nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_timeout 65;
  keepalive_requests 100000000;
  client_max_body_size 0;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  ${http}
}
`;
}
