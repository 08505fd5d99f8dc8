/**
 * Where a call came from: the gateway sees it, and tells the token service, which sees only the gateway. What a caller
 * says of it under this name ends at the gateway with every other `X-Hallpass-…`.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { HttpRequest } from './front/message.ts';
import { plainAddress, type IsTrusted } from './trusted-proxies.ts';

const HEADER = 'x-hallpass-address';

/** `undefined` where it cannot be known. */
export type AddressOf = (req: HttpRequest) => string | undefined;

/** Who is at the other end of a connection, the same for all its calls. */
interface Peer {
  address: string | undefined;
  isProxy: boolean;
}

/** As some proxies write an address: with brackets, with a port, with both. */
const IN_BRACKETS = /^\[(?<address>[^\]]+)\](?::\d{1,5})?$/;
const WITH_PORT = /^(?<address>[\d.]+):\d{1,5}$/;

/**
 * At the gateway: the address of the socket or, where that is a trusted proxy, the nearest address of `X-Forwarded-For`
 * that is none. Each proxy appends what it saw, so everything before that address is what its owner wrote. An entry that
 * is no address tells nothing, nor does anything before it. `Forwarded` (RFC 7239) is not read: two headers that
 * disagree would let a caller choose.
 */
export function createAddressOf(isTrusted: IsTrusted): AddressOf {
  const peers = new WeakMap<Socket, Peer>();
  const peerOf = (socket: Socket): Peer => {
    const known = peers.get(socket);
    if (known) return known;
    const address = plainAddress(socket.remoteAddress);
    const peer = { address, isProxy: isTrusted(address) };
    peers.set(socket, peer);
    return peer;
  };

  return ({ socket, headers }) => {
    const peer = peerOf(socket);
    let { address } = peer;
    if (!peer.isProxy) return address;
    const hops = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
    for (const entry of hops.reverse()) {
      const hop = readHop(entry);
      if (hop === undefined) return address;
      address = hop;
      if (!isTrusted(hop)) return hop;
    }
    return address;
  };
}

function readHop(entry: string): string | undefined {
  const text = entry.trim();
  const dressed = IN_BRACKETS.exec(text) ?? WITH_PORT.exec(text);
  return plainAddress(dressed?.groups?.address ?? text);
}

/** At the gateway: after whatever the caller sent by this name is gone. */
export function tellCallerAddress({ headers }: IncomingMessage, address: string | undefined): void {
  if (address === undefined) delete headers[HEADER];
  else headers[HEADER] = address;
}

/** At the token service; `undefined` for a call that came by no gateway. */
export function callerAddress({ headers }: IncomingMessage): string | undefined {
  const told = headers[HEADER];
  return typeof told === 'string' ? told : undefined;
}
