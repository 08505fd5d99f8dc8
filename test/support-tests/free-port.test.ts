import { canListen, freePort } from '../support/free-port.ts';

describe('freePort', () => {
  it('hands out free ports below the range of outgoing connections, none of them twice', async () => {
    const ports = await Promise.all(Array.from({ length: 50 }, () => freePort()));
    expect(new Set(ports).size).toBe(50);
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(17_000);
    expect(Math.max(...ports)).toBeLessThan(30_000);
    expect(await canListen(ports[0] ?? 0)).toBe(true);
  });
});
