/** @see xAPI 1.0.3 Part 3 §2.1.3 (parameter "format"; language filtering) */
import { COURSE, createClient, LEARNER, statement, VERB, type Client } from './support.ts';

const GROUP = { objectType: 'Group', name: 'us', member: [LEARNER, { name: 'Tim', mbox: 'mailto:tim@example.org' }] };
const DEFINITION = {
  name: { en: 'Course', de: 'Kurs', 'fr-CA': 'Cours' },
  description: { en: 'A course', de: 'Ein Kurs' },
  type: 'http://adlnet.gov/expapi/activities/cmi.interaction',
  interactionType: 'choice',
  choices: [{ id: 'a', description: { en: 'yes', de: 'ja' } }],
};
const SENT = statement({
  actor: GROUP,
  verb: { id: VERB.id, display: { en: 'completed', de: 'abgeschlossen' } },
  object: { ...COURSE, definition: DEFINITION },
  context: { contextActivities: { parent: [{ ...COURSE, definition: DEFINITION }] }, instructor: LEARNER },
  result: { success: true },
});

let xapi: Client;
beforeEach(async () => {
  xapi = createClient();
  await xapi.store(SENT);
});

const read = async (format: string, headers = {}) =>
  (await xapi.get('/statements', { statementId: SENT.id as string, format }, headers).expect(200)).body as Record<
    string,
    unknown
  >;

describe('format=exact', () => {
  it('returns everything as it was received', async () => {
    expect(await read('exact')).toMatchObject(SENT);
  });

  it('is the format where none is asked for', async () => {
    const body: unknown = (await xapi.get('/statements', { statementId: SENT.id as string })).body;
    expect(body).toEqual(await read('exact'));
  });
});

describe('format=ids', () => {
  it('returns only what identifies Agents, Groups, Verbs and Activities, and the rest as it was', async () => {
    const found = await read('ids');
    expect(found).toMatchObject({ id: SENT.id, result: SENT.result });
    expect(found.actor).toEqual({
      objectType: 'Group',
      member: [{ objectType: 'Agent', mbox: 'mailto:lea@example.org' }, { mbox: 'mailto:tim@example.org' }],
    });
    expect(found.verb).toEqual({ id: VERB.id });
    expect(found.object).toEqual(COURSE);
    expect(found.context).toEqual({
      contextActivities: { parent: [COURSE] },
      instructor: { objectType: 'Agent', mbox: 'mailto:lea@example.org' },
    });
  });

  it('leaves out the members of an identified group', async () => {
    const identified = statement({ actor: { ...GROUP, mbox: 'mailto:us@example.org' } });
    await xapi.store(identified);
    const body: unknown = (await xapi.get('/statements', { statementId: identified.id as string, format: 'ids' })).body;
    expect((body as { actor: unknown }).actor).toEqual({ objectType: 'Group', mbox: 'mailto:us@example.org' });
  });

  it('reaches into sub-statements', async () => {
    const outer = statement({
      object: { objectType: 'SubStatement', actor: LEARNER, verb: VERB, object: { ...COURSE, definition: DEFINITION } },
    });
    await xapi.store(outer);
    const body: unknown = (await xapi.get('/statements', { statementId: outer.id as string, format: 'ids' })).body;
    expect((body as { object: unknown }).object).toEqual({
      objectType: 'SubStatement',
      actor: { objectType: 'Agent', mbox: LEARNER.mbox },
      verb: { id: VERB.id },
      object: COURSE,
    });
  });
});

describe('format=canonical', () => {
  it('returns one language of each map, by Accept-Language, and Agents as they were', async () => {
    const found = await read('canonical', { 'Accept-Language': 'en;q=0.5, de' });
    expect(found.actor).toEqual(GROUP);
    expect(found.verb).toEqual({ id: VERB.id, display: { de: 'abgeschlossen' } });
    expect(found.object).toEqual({
      ...COURSE,
      definition: {
        ...DEFINITION,
        name: { de: 'Kurs' },
        description: { de: 'Ein Kurs' },
        choices: [{ id: 'a', description: { de: 'ja' } }],
      },
    });
  });

  it('chooses for each map individually', async () => {
    const found = await read('canonical', { 'Accept-Language': 'fr, en' });
    expect((found.object as { definition: unknown }).definition).toMatchObject({
      name: { 'fr-CA': 'Cours' },
      description: { en: 'A course' },
    });
  });

  it('returns the definition as other statements have made it known', async () => {
    const later = statement({ object: { ...COURSE, definition: { name: { en: 'Course, revised' } } } });
    await xapi.store(later);
    const found = await read('canonical', { 'Accept-Language': 'en' });
    expect((found.object as { definition: unknown }).definition).toMatchObject({ name: { en: 'Course, revised' } });
    expect((await read('exact')).object).toEqual(SENT.object);
  });
});
