/** Where an LRS is, and a new connection to it. */
import { connect, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { READ_BYTES } from '../../shared/front/read-into.ts';

export interface Origin {
  /** For the Host header: the port only where it is not the usual one. */
  readonly host: string;
  readonly hostname: string;
  readonly port: number;
  readonly isSecure: boolean;
  /** Of the last TLS connection: the next need not begin from nothing. */
  session?: Buffer;
}

/** From here on a piece is given away with its buffer, which costs less than to copy it. */
export const GIVEN_BYTES = 16 * 1024;

export interface Reading {
  /** @returns whether more may come at once. */
  take: (bytes: Buffer) => boolean;
  /** The connection can be written to. */
  connected: () => void;
  /** The LRS sends nothing more. */
  ended: () => void;
  failed: (error: Error) => void;
  closed: () => void;
}

/** @param url of a scheme, a host and perhaps a port. */
export function originOf(url: string): Origin {
  const { protocol, host, hostname, port } = new URL(url);
  const isSecure = protocol === 'https:';
  return { host, hostname: hostname.replace(/^\[|\]$/g, ''), port: Number(port || (isSecure ? 443 : 80)), isSecure };
}

/**
 * Reads into one buffer over and over: to allocate one for each read costs as much as to read. One that was given away
 * with what is in it is replaced.
 */
export function openSocket(origin: Origin, reading: Reading): Socket {
  const { hostname, port, isSecure } = origin;
  let buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  let isGiven = false;
  const onread = {
    buffer: () => {
      if (isGiven) buffer = Buffer.allocUnsafeSlow(READ_BYTES);
      isGiven = false;
      return buffer;
    },
    callback: (count: number) => {
      isGiven = count >= GIVEN_BYTES;
      return reading.take(buffer.subarray(0, count));
    },
  };
  const options = { host: hostname, port, noDelay: true, onread };
  const socket = isSecure ? openSecurely(origin, options) : connect(options);
  return socket
    .once(isSecure ? 'secureConnect' : 'connect', reading.connected)
    .once('end', reading.ended)
    .on('error', reading.failed)
    .once('close', reading.closed);
}

/** "Literal IPv4 and IPv6 addresses are not permitted" as the name that is asked for (RFC 6066 §3). */
function openSecurely(origin: Origin, options: TcpNetConnectOpts): Socket {
  const { hostname, session } = origin;
  const named = isIP(hostname) === 0 ? { servername: hostname } : {};
  return connectSecurely({ ...options, ...named, ...(session && { session }), ALPNProtocols: ['http/1.1'] }).on(
    'session',
    (next) => void (origin.session = next),
  );
}
