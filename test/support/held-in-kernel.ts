/** How many bytes wait in the kernel's own buffers on this machine's TCP connections. */
import { readFile } from 'node:fs/promises';

/** In the send and the receive queues, at both ends, of every connection to or from one of these ports of IPv4. */
export async function heldInKernel(ports: readonly number[]): Promise<number> {
  const [, ...lines] = (await readFile('/proc/net/tcp', 'utf8')).trim().split('\n');
  let bytes = 0;
  for (const line of lines) {
    const [, local = '', remote = '', , queues = ''] = line.trim().split(/\s+/);
    if (![local, remote].some((address) => ports.includes(portOf(address)))) continue;
    for (const queue of queues.split(':')) bytes += Number.parseInt(queue, 16);
  }
  return bytes;
}

function portOf(address: string): number {
  return Number.parseInt(address.split(':')[1] ?? '', 16);
}
