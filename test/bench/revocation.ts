/** From the 200 of /oauth2/revoke at the token service to the first refusal by a gateway that had the token cached. */
import { Agent } from 'node:http';
import { quantile, send, type Call } from './load.ts';
import { startBench } from './processes.ts';

const REVOCATIONS = 200;
const GIVE_UP_MS = 5000;

export async function revocation(): Promise<unknown> {
  const bench = await startBench();
  try {
    const [{ clientId, secret } = { clientId: '', secret: '' }] = await bench.register(1);
    const credential = { HALLPASS_LRS_USERNAME: 'gateway', HALLPASS_LRS_PASSWORD: 'a password' };
    const lrs = await bench.start('sample-lrs', credential);
    const tokens = await bench.start('token');
    const gateway = await bench.start('gateway', {
      ...credential,
      HALLPASS_LRS_URL: `http://127.0.0.1:${lrs.port}/xapi`,
    });
    const agent = new Agent({ keepAlive: true });
    const form = (path: string, fields: Record<string, string>): Call => {
      const body = new URLSearchParams({ client_id: clientId, client_secret: secret, ...fields }).toString();
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': body.length };
      return { port: tokens.port, method: 'POST', path, headers, body };
    };
    const delaysMs: number[] = [];
    let acceptedAfter = 0;
    for (let n = 0; n < REVOCATIONS; n++) {
      const issued = await send(agent, form('/oauth2/token', { grant_type: 'client_credentials' }));
      const { access_token: token } = JSON.parse(issued.body) as { access_token: string };
      const headers = { Authorization: `Bearer ${token}`, 'X-Experience-API-Version': '1.0.3' };
      const read: Call = { port: gateway.port, method: 'GET', path: '/xapi/statements?limit=1', headers };
      for (let warm = 0; warm < 2; warm++) await expectStatus(agent, read, 200);
      await expectStatus(agent, form('/oauth2/revoke', { token }), 200);
      const revokedAt = performance.now();
      while ((await send(agent, read)).status !== 401) {
        acceptedAfter += 1;
        if (performance.now() - revokedAt > GIVE_UP_MS) throw new Error('a revoked token was never refused');
      }
      delaysMs.push(performance.now() - revokedAt);
    }
    agent.destroy();
    const ms = (share: number) => Number(quantile(delaysMs, share).toFixed(2));
    return [
      {
        revocations: REVOCATIONS,
        'p50 ms': ms(0.5),
        'p99 ms': ms(0.99),
        'max ms': ms(1),
        'accepted after the 200': acceptedAfter,
      },
    ];
  } finally {
    await bench.close();
  }
}

async function expectStatus(agent: Agent, call: Call, expected: number): Promise<void> {
  const { status, body } = await send(agent, call);
  if (status !== expected) throw new Error(`${call.path} answered ${status} instead of ${expected}: ${body}`);
}
