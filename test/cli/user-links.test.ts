/** `hallpass user link` and `unlink`: who somebody is at another identity provider. */
import { UsageError } from '../../services/cli/context.ts';
import { user as userCommand } from '../../services/cli/user.ts';
import type { PersonRegister } from '../../services/store/people.ts';
import { newPerson } from '../support/people.ts';
import { openCliStore, type CliStore } from './cli-store.ts';
import { runCommand } from './command.ts';

const ISSUER = 'https://idp.example.org/realms/school';

let cli: CliStore;
let people: PersonRegister;
let env: Record<string, string>;
beforeAll(async () => {
  cli = await openCliStore('cli-user-links');
  ({ people, env } = cli);
});
afterAll(() => cli?.close());

const run = (...args: string[]) => runCommand(userCommand, args, env);
const json = async (...args: string[]) => JSON.parse((await run(...args, '--json')).printed) as Record<string, unknown>;
const subject = (sub: string, issuer = ISSUER) => ['--issuer', issuer, '--subject', sub];

async function added() {
  const person = newPerson();
  await people.add(person);
  return person;
}

describe('user link', () => {
  it('has somebody found by who they are there, once however often it is said, and shows it', async () => {
    const person = await added();
    const links = [{ issuer: ISSUER, sub: 'a 1' }];
    expect(await json('link', person.email, ...subject('a 1'))).toMatchObject({ sub: person.person_id, links });
    expect(await json('link', person.email, ...subject('a 1', `${ISSUER}/`))).toMatchObject({ links });
    expect(await people.findByLink('default', { issuer: ISSUER, sub: 'a 1' })).toMatchObject({
      person_id: person.person_id,
      generation: person.generation,
    });
    expect((await run('show', person.email)).printed).toMatch(
      /^linked +a 1 of https:\/\/idp.example.org\/realms\/school$/m,
    );
    const both = await json('link', person.email, ...subject('b', 'https://other.example'));
    expect(both.links).toEqual([...links, { issuer: 'https://other.example', sub: 'b' }]);
  });

  it('gives nobody what is another’s', async () => {
    const [one, other] = [await added(), await added()];
    await run('link', one.email, ...subject('taken'));
    await expect(run('link', other.email, ...subject('taken'))).rejects.toThrow(
      'another user is linked to that subject already',
    );
    expect(await people.find(other.person_id)).toEqual(other);
  });

  it.each<[RegExp, string[]]>([
    [/--issuer is needed/, ['--subject', 'a']],
    [/--subject is needed/, ['--issuer', ISSUER]],
    [/--issuer should be an https URL/, subject('a', 'idp.example.org')],
    [/--issuer should be an https URL/, subject('a', 'http://idp.example.org')],
    [/--subject should be 1 to 255 characters of ASCII/, subject('ä')],
    [/--subject should be 1 to 255 characters of ASCII/, subject('')],
  ])('is used wrongly: %s', async (says, args) => {
    const { email } = await added();
    const failed = run('link', email, ...args);
    await expect(failed).rejects.toThrow(UsageError);
    await expect(failed).rejects.toThrow(says);
  });
});

describe('user unlink', () => {
  it('ends what came by it, and leaves the rest; then another can have it', async () => {
    const [person, other] = [await added(), await added()];
    for (const sub of ['one', 'two']) await run('link', person.email, ...subject(sub));
    const left = await json('unlink', person.email, ...subject('one'));
    expect(left.links).toEqual([{ issuer: ISSUER, sub: 'two' }]);
    expect((await people.find(person.person_id))?.generation).toBe(person.generation + 1);
    expect(await json('unlink', person.email, ...subject('two'))).not.toHaveProperty('links');
    expect(await people.findByLink('default', { issuer: ISSUER, sub: 'one' })).toBeUndefined();
    expect(await json('link', other.email, ...subject('one'))).toMatchObject({ sub: other.person_id });
  });

  it('says so where there is no such link, and changes nothing', async () => {
    const person = await added();
    await expect(run('unlink', person.email, ...subject('none'))).rejects.toThrow(
      `this user is not linked to "none" of ${ISSUER}`,
    );
    expect(await people.find(person.person_id)).toEqual(person);
  });
});
