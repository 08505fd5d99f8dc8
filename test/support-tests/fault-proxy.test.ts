import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.ts';
import { startRawUpstream, type RawUpstream } from '../support/raw-upstream.ts';

describe('startFaultProxy', () => {
  let upstream: RawUpstream;
  let proxy: FaultProxy;
  beforeEach(async () => {
    upstream = await startRawUpstream((socket) => socket.pipe(socket));
    proxy = await startFaultProxy(upstream.port);
  });
  afterEach(async () => {
    await proxy.close();
    await upstream.close();
  });

  const dial = async () => {
    const socket = connect(proxy.port, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  };
  const echoed = async (socket: Socket, text: string) => {
    socket.write(text);
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    return chunk.toString();
  };
  const ending = (socket: Socket) =>
    new Promise<string>((resolve) => {
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
      socket.once('close', () => resolve('closed'));
    });

  it('passes data on, late when told to', async () => {
    const socket = await dial();
    expect(await echoed(socket, 'a')).toBe('a');
    await proxy.delay(60);
    const begin = performance.now();
    expect(await echoed(socket, 'b')).toBe('b');
    expect(performance.now() - begin).toBeGreaterThanOrEqual(110);
    socket.destroy();
  });

  it('holds data back in a black hole until it passes again', async () => {
    const socket = await dial();
    await proxy.blackhole();
    const answer = echoed(socket, 'a');
    expect(await Promise.race([answer, sleep(100, 'nothing')])).toBe('nothing');
    await proxy.pass();
    expect(await answer).toBe('a');
    socket.destroy();
  });

  it('resets open connections and new ones', async () => {
    const socket = await dial();
    await echoed(socket, 'a');
    const end = ending(socket);
    await proxy.reset();
    expect(await end).toBe('ECONNRESET');
    expect(await ending(connect(proxy.port, '127.0.0.1'))).toBe('ECONNRESET');
  });

  it('refuses until it passes again', async () => {
    const socket = await dial();
    const end = ending(socket);
    await proxy.refuse();
    expect(await end).toBe('closed');
    expect(await ending(connect(proxy.port, '127.0.0.1'))).toBe('ECONNREFUSED');
    await proxy.pass();
    const again = await dial();
    expect(await echoed(again, 'a')).toBe('a');
    again.destroy();
  });

  it('cuts open connections and lets new ones in', async () => {
    const socket = await dial();
    await echoed(socket, 'a');
    const end = ending(socket);
    await proxy.cut();
    expect(await end).toBe('closed');
    const again = await dial();
    expect(await echoed(again, 'a')).toBe('a');
    expect(proxy.connections).toBe(2);
    again.destroy();
  });
});
