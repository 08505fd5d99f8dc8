/**
 * `statements/read/mine`: exactly the caller's own statements, in front of an LRS that has no such scope.
 *
 * @see xAPI 1.0.3 Part 3 §4.2, §2.1.3
 */
import { randomUUID } from 'node:crypto';
import { createAskLrs } from '../../services/gateway/ask-lrs.ts';
import { inOrder, type Call } from '../../services/gateway/call.ts';
import type { Lrs } from '../../services/gateway/lrs.ts';
import {
  ACTIVITY,
  authorityFor,
  DIRECT,
  LEA,
  query,
  readingScene,
  refTo,
  VERB,
  voiding,
  type Reader,
} from './reading-scene.ts';
import { gatewayScene, VERSION_1, VERSION_2 } from './support.ts';

const MAX = { mbox: 'mailto:max@example.org' };
const OTHER_VERB = { id: 'http://example.org/verbs/saw' };
const OTHER_ACTIVITY = { id: 'http://example.org/activities/b' };

const scene = readingScene();
let [ann, bob]: Reader[] = [];
beforeEach(async () => {
  [ann, bob] = [await scene.reader(), await scene.reader()];
});

const a = () => ann as Reader;
const b = () => bob as Reader;

describe('a query of statements', () => {
  it('returns the own ones only, newest first, in the bytes in which the LRS has them', async () => {
    const [first, , second] = [await a().store(), await b().store(), await a().store({ actor: MAX })];
    expect(await a().list()).toMatchObject({ status: 200, ids: [second, first], more: '' });
    const direct = await fetch(`${scene.lrs.url}/statements?statementId=${first}`, { headers: DIRECT });
    expect(await (await a().ask('')).text()).toContain(await direct.text());
  });

  it('returns nothing to whoever has written nothing', async () => {
    await b().store();
    expect(await a().list()).toMatchObject({ status: 200, ids: [], more: '' });
  });

  it('does not return what is merely about the caller, or by an authority that resembles it', async () => {
    const own = authorityFor(a().clientId);
    await b().store({ actor: own });
    await b().store({ object: own });
    await b().store({ authority: { objectType: 'Group', member: [own, LEA] } });
    await b().store({
      authority: { objectType: 'Agent', account: { homePage: 'https://lrs.example.org', name: a().clientId } },
    });
    await b().store({ context: { instructor: own } });
    expect((await a().list()).ids).toEqual([]);
  });

  it('returns to a client that acts for a person what it wrote for that person, and nothing else of its own', async () => {
    const asClient = await scene.reader();
    const forPat = await scene.reader('statements/read/mine', {}, { sub: 'pat' });
    const id = await forPat.store();
    await asClient.store();
    await asClient.store({ authority: authorityFor(forPat.clientId) });
    await asClient.store({ authority: authorityFor(forPat.clientId, 'kim') });
    const { member } = authorityFor(forPat.clientId, 'pat') as { member: unknown[] };
    const reversed = await forPat.store({ authority: { objectType: 'Group', member: member.toReversed() } });
    expect((await forPat.list()).ids).toEqual([reversed, id]);
  });

  describe('with filters', () => {
    let ids: Record<string, string>;
    let registration: string;
    beforeEach(async () => {
      registration = randomUUID();
      ids = {
        plain: await a().store(),
        max: await a().store({ actor: MAX }),
        verb: await a().store({ verb: OTHER_VERB }),
        activity: await a().store({ object: OTHER_ACTIVITY }),
        inContext: await a().store({ context: { contextActivities: { parent: [OTHER_ACTIVITY] } } }),
        registered: await a().store({ context: { registration } }),
        team: await a().store({ context: { instructor: MAX } }),
      };
      for (const more of [
        { actor: MAX },
        { verb: OTHER_VERB },
        { object: OTHER_ACTIVITY },
        { context: { registration } },
      ])
        await b().store(more);
    });

    it.each<[string, () => Record<string, unknown>, string[]]>([
      ['agent', () => ({ agent: MAX }), ['max']],
      ['agent and related_agents', () => ({ agent: MAX, related_agents: 'true' }), ['team', 'max']],
      ['related_agents alone', () => ({ related_agents: 'false', verb: OTHER_VERB.id }), ['verb']],
      ['the own authority as agent', () => ({ agent: authorityFor(a().clientId) }), []],
      ['verb', () => ({ verb: OTHER_VERB.id }), ['verb']],
      ['activity', () => ({ activity: OTHER_ACTIVITY.id }), ['activity']],
      [
        'activity and related_activities',
        () => ({ activity: OTHER_ACTIVITY.id, related_activities: 'true' }),
        ['inContext', 'activity'],
      ],
      ['registration', () => ({ registration: registration.toUpperCase() }), ['registered']],
      ['agent and verb', () => ({ agent: LEA, verb: OTHER_VERB.id }), ['verb']],
      ['what nothing has', () => ({ verb: 'http://example.org/verbs/never' }), []],
    ])('returns the own ones that meet %s', async (_what, parameters, names) => {
      expect((await a().list(query(parameters()))).ids).toEqual(names.map((name) => ids[name]));
    });

    it('returns the own ones that were stored since, and until, a time, in either direction', async () => {
      const all = (await a().list()).statements;
      const [newest, second] = all as [{ stored: string }, { stored: string }];
      expect((await a().list(query({ since: second.stored }))).ids).toEqual([ids.team]);
      expect((await a().list(query({ since: newest.stored }))).ids).toEqual([]);
      expect((await a().list(query({ until: second.stored, ascending: 'true' }))).ids).toEqual(
        Object.values(ids).slice(0, -1),
      );
    });

    it('returns them in every format', async () => {
      for (const format of ['exact', 'ids', 'canonical'])
        expect((await a().list(query({ agent: MAX, format }))).ids).toEqual([ids.max]);
    });

    it('refuses what the LRS refuses, in its words', async () => {
      const [refused, direct] = await Promise.all([
        a().ask('agent=nobody'),
        fetch(`${scene.lrs.url}/statements?agent=nobody`, { headers: DIRECT }),
      ]);
      expect([refused.status, await refused.text()]).toEqual([400, await direct.text()]);
    });
  });

  it('returns them to the alternate request syntax', async () => {
    const id = await a().store();
    await b().store();
    const form = new URLSearchParams({ ...a().headers, verb: VERB.id });
    const response = await fetch(`${scene.gateway.url}/xapi/statements?method=GET`, { method: 'POST', body: form });
    expect(await response.json()).toMatchObject({ statements: [{ id }], more: '' });
  });

  it('finds the own agents of 2.0 contexts', async () => {
    const headers = { ...DIRECT, ...VERSION_2, 'Content-Type': 'application/json' };
    const target = randomUUID();
    const about = { actor: LEA, verb: VERB, object: refTo(target), authority: authorityFor(a().clientId) };
    const context = { contextAgents: [{ objectType: 'contextAgent', agent: MAX }] };
    const body = JSON.stringify([{ ...about, id: randomUUID(), context }]);
    const stored = await fetch(`${scene.lrs.url}/statements`, { method: 'POST', headers, body });
    expect(stored.status).toBe(200);
    const found = await a().ask(query({ agent: MAX, related_agents: 'true' }), VERSION_2);
    expect((await found.json()) as { statements: unknown[] }).toMatchObject({ statements: [{ context }] });
  });

  it('is not narrowed for whoever holds a broader scope beside it', async () => {
    const broad = await scene.reader('statements/read/mine statements/read');
    const [own, others] = [await broad.store(), await b().store()];
    expect((await broad.list('limit=2')).ids).toEqual([others, own]);
  });
});

describe('one statement', () => {
  async function answerTo(reader: Reader, parameters: string) {
    const response = await reader.ask(parameters);
    const headers = Object.fromEntries(response.headers);
    for (const name of ['date', 'x-experience-api-consistent-through']) {
      expect(headers[name]).toMatch(/2\d\d\d/);
      delete headers[name];
    }
    return { status: response.status, headers, body: await response.text() };
  }

  it('is answered in the bytes of the LRS where it is the own one', async () => {
    const id = await a().store();
    const direct = await fetch(`${scene.lrs.url}/statements?statementId=${id}`, { headers: DIRECT });
    const answer = await answerTo(a(), `statementId=${id}`);
    expect(answer).toMatchObject({ status: 200, body: await direct.text() });
    expect(answer.headers['last-modified']).toBe(direct.headers.get('last-modified'));
    expect(answer.headers['content-length']).toBe(direct.headers.get('content-length'));
  });

  it.each(['', '&attachments=true', '&format=ids'])(
    'cannot be told from one that is not there where it is somebody else’s (%s)',
    async (more) => {
      const others = await b().store();
      const voided = await b().store();
      await b().store(voiding(voided));
      const absent = await answerTo(a(), `statementId=${randomUUID()}${more}`);
      expect(absent.status).toBe(404);
      expect(await answerTo(a(), `statementId=${others}${more}`)).toEqual(absent);
      expect(await answerTo(a(), `statementId=${voided}${more}`)).toEqual(absent);
      expect(await answerTo(a(), `voidedStatementId=${voided}${more}`)).toEqual(absent);
      expect(await answerTo(a(), `voidedStatementId=${others}${more}`)).toEqual(absent);
    },
  );

  it('is read by voidedStatementId once it is voided', async () => {
    const id = await a().store();
    await a().store(voiding(id));
    expect((await answerTo(a(), `statementId=${id}`)).status).toBe(404);
    const answer = await answerTo(a(), `voidedStatementId=${id}`);
    expect([answer.status, (JSON.parse(answer.body) as { id: string }).id]).toEqual([200, id]);
  });

  it('is never told of by a condition', async () => {
    const others = await b().store();
    const own = await a().store();
    const later = { 'If-Modified-Since': 'Fri, 01 Jan 2100 00:00:00 GMT', 'If-None-Match': '*', Range: 'bytes=0-1' };
    expect((await a().ask(`statementId=${others}`, later)).status).toBe(404);
    expect((await a().ask(`statementId=${own}`, later)).status).toBe(200);
  });

  it('is answered to HEAD with the same head, and 404 for another’s', async () => {
    const [own, others] = [await a().store(), await b().store()];
    const [get, head] = [await a().ask(`statementId=${own}`), await a().ask(`statementId=${own}`, {}, 'HEAD')];
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'));
    const [hidden, absent] = await Promise.all(
      [others, randomUUID()].map((id) => a().ask(`statementId=${id}`, {}, 'HEAD')),
    );
    expect([hidden?.status, absent?.status]).toEqual([404, 404]);
    expect(hidden?.headers.get('content-length')).toBe(absent?.headers.get('content-length'));
  });

  it('is what the LRS says where the query is wrong', async () => {
    expect((await a().ask('statementId=no-uuid')).status).toBe(400);
    const id = await a().store();
    expect((await a().ask(`statementId=${id}&limit=1`)).status).toBe(400);
  });
});

describe('a statement about another statement', () => {
  const wanted = query({ verb: OTHER_VERB.id });

  it('is found by what the other says, where both are the own', async () => {
    const target = await a().store({ verb: OTHER_VERB });
    const [ref] = [await a().store({ object: refTo(target) })];
    const chained = await a().store({ object: refTo(ref) });
    expect((await a().list(wanted)).ids).toEqual([chained, ref, target]);
  });

  it('is not found by what somebody else’s says: that would tell what it says', async () => {
    const others = await b().store({ verb: OTHER_VERB });
    const ref = await a().store({ object: refTo(others.toUpperCase()) });
    const chained = await a().store({ object: refTo(ref) });
    expect((await a().list(wanted)).ids).toEqual([]);
    expect((await a().list()).ids).toEqual([chained, ref]);
    expect((await a().list(query({ activity: ACTIVITY.id }))).ids).toEqual([]);
    expect((await a().list(query({ agent: LEA }))).ids).toEqual([chained, ref]);
  });

  it('is not found through a statement between that is somebody else’s', async () => {
    const target = await a().store({ verb: OTHER_VERB });
    const between = await b().store({ object: refTo(target) });
    await a().store({ object: refTo(between) });
    expect((await a().list(wanted)).ids).toEqual([target]);
    expect((await b().list(wanted)).ids).toEqual([]);
  });

  it('is found by what it says itself, whatever it is about', async () => {
    const others = await b().store();
    const registration = randomUUID();
    const ref = await a().store({
      object: refTo(others),
      verb: OTHER_VERB,
      context: { registration, team: { objectType: 'Group', member: [MAX] } },
    });
    const queries = [
      { verb: OTHER_VERB.id },
      { registration },
      { agent: LEA },
      { agent: MAX, related_agents: 'true' },
      { agent: authorityFor(a().clientId), related_agents: 'true' },
    ];
    for (const parameters of queries) expect((await a().list(query(parameters))).ids).toEqual([ref]);
  });

  it('is found by a member of a Group that the format leaves out', async () => {
    const group = { objectType: 'Group', account: { homePage: 'http://a.example', name: 'g' }, member: [MAX] };
    const ref = await a().store({ actor: group, object: refTo(await b().store()) });
    for (const format of ['exact', 'ids', 'canonical'])
      expect((await a().list(query({ agent: MAX, format }))).ids).toEqual([ref]);
  });

  it('is found by what it voids, where that was the own', async () => {
    const [own, others] = [await a().store({ verb: OTHER_VERB }), await b().store({ verb: OTHER_VERB })];
    const [voidsOwn] = [await a().store(voiding(own)), await a().store(voiding(others))];
    expect((await a().list(wanted)).ids).toEqual([voidsOwn]);
  });

  it('is not looked for without end where statements are about each other', async () => {
    const [one, two] = [randomUUID(), randomUUID()];
    await a().store({ id: one, object: refTo(two) });
    await a().store({ id: two, object: refTo(one) });
    const itself = randomUUID();
    await a().store({ id: itself, object: refTo(itself) });
    expect((await a().list(wanted)).ids).toEqual([]);
    expect((await a().list()).ids).toEqual([itself, two, one]);
  });

  it('is found at the end of a long chain', async () => {
    let last = await a().store({ verb: OTHER_VERB });
    const ids = [last];
    for (let n = 0; n < 120; n++) ids.unshift((last = await a().store({ object: refTo(last) })));
    expect((await a().toTheEnd(wanted)).ids).toEqual(ids);
  });

  it('that is nowhere is no hindrance', async () => {
    await a().store({ object: refTo(randomUUID()) });
    expect((await a().list(wanted)).ids).toEqual([]);
  });
});

describe('where nobody can be told apart', () => {
  const shared = readingScene(100, { lrsRegistration: { authority: 'shared' } });

  it('is refused, with the scopes that would do', async () => {
    const reader = await shared.reader();
    await reader.store();
    for (const text of ['', `statementId=${randomUUID()}`, 'attachments=true']) {
      const response = await reader.ask(text);
      expect(response.status).toBe(403);
      expect(response.headers.get('www-authenticate')).toMatch(/error="insufficient_scope".*statements\/read/);
    }
  });

  it('leaves whoever may read everything alone', async () => {
    const reader = await shared.reader('statements/read statements/read/mine');
    const id = await reader.store();
    expect((await reader.list('limit=1')).ids).toEqual([id]);
  });
});

describe('a decision that nothing narrowed', () => {
  const echo = gatewayScene({ lrsRegistration: { authority: 'kept' } });

  /** As the pipeline makes it, for an LRS that nothing must reach. */
  function callThatOwes(duty: Call['duties'][number]): Call {
    const lrs = { origin: echo.lrs.url, basePath: '/lrs/xapi', credential: () => [] } as unknown as Lrs;
    return {
      operation: { resource: 'statements', method: 'GET', access: 'read', parameters: new Map() },
      query: '',
      page: undefined,
      headers: [],
      version: '1.0.3',
      contentLength: 0,
      openBody: () => {
        throw new Error('there is no body');
      },
      caller: undefined,
      lrs,
      scopes: [],
      prefix: '/xapi/',
      duties: [duty],
      departure: { hasGone: false, onGone: undefined },
    };
  }

  it.each(['mine', 'restrict', 'authority', 'define', 'isolate'] as const)(
    'is never forwarded: without its rule, a call that owes %s is an error of the gateway',
    async (duty) => {
      const asked: unknown[] = [];
      const forward = {
        ask: (request: unknown) => Promise.reject(new Error(`asked ${asked.push(request)}`)),
        close: () => Promise.resolve(),
      };
      const links = { publish: () => '', open: () => ({ path: '', query: '' }) };
      const carryOut = inOrder([], createAskLrs(forward, links));
      await expect(carryOut(callThatOwes(duty))).rejects.toMatchObject({
        status: 500,
        cause: { message: `a call that still owes ${duty} was about to be forwarded` },
      });
      expect(asked).toEqual([]);
    },
  );

  it('is narrowed in every way of reading that there is', async () => {
    const { bearer } = await echo.gateway.mint('statements/read/mine');
    const foreign = { id: randomUUID(), actor: LEA, verb: VERB, object: ACTIVITY, authority: LEA };
    echo.lrs.respond(({ url }, res) => {
      const single = /tatementId=/.test(url);
      res.writeHead(200, { 'Content-Type': 'application/json', ETag: '"e"', 'X-Total-Count': '1' });
      res.end(JSON.stringify(single ? foreign : { statements: [foreign], more: '', total: 1 }));
    });
    const ways = ['', '?limit=1', '?verb=x', '?format=ids', '?attachments=true', '?since=2020-01-01T00:00:00Z']
      .concat(['?statementId=1', '?voidedStatementId=1', '?statementId=1&attachments=true'])
      .flatMap((text) => [`GET /xapi/statements${text}`, `HEAD /xapi/statements${text}`]);
    for (const way of ways) {
      const answer = await echo.ask(way, { ...VERSION_1, Authorization: bearer });
      expect([way, answer.body.includes(foreign.id)]).toEqual([way, false]);
      expect([way, answer.status]).toEqual([way, /tatementId=/.test(way) ? 404 : 200]);
      expect([answer.header('ETag'), answer.header('X-Total-Count')]).toEqual([undefined, undefined]);
      expect(answer.upstream.length).toBeGreaterThan(0);
    }
  });
});
