/** `user link` and `user unlink`: who somebody is at another identity provider. */
import { nowSeconds } from '../shared/clock.ts';
import { isSameLink, type Person, type PersonLink } from '../shared/person.ts';
import { NameTaken } from '../store/people.ts';
import { linkIssuer, readIssuer, readSubject } from '../token/sign-in/elsewhere/identity-provider.ts';
import { CommandFailed, UsageError, type Context } from './context.ts';
import { findPerson, noSuchPerson, WHO } from './find-person.ts';
import { onlyPositional, readAs, readOptions } from './options.ts';
import { showPerson } from './user-view.ts';
import type { Registers } from './with-registers.ts';

const OPTIONS = { issuer: { type: 'string' }, subject: { type: 'string' }, json: { type: 'boolean' } } as const;

type Action = (context: Context, registers: Registers) => Promise<void>;

/** @param apply what becomes of the person. */
function action(apply: (person: Person, link: PersonLink) => Person): Action {
  return async (context, registers) => {
    const { values, positionals } = readOptions(context.args, OPTIONS);
    const who = onlyPositional(positionals, WHO);
    const { issuer, subject } = values;
    if (issuer === undefined) throw new UsageError('--issuer is needed: the URL that the provider calls itself by');
    if (subject === undefined) throw new UsageError('--subject is needed: what the provider calls this person (`sub`)');
    const link = {
      issuer: linkIssuer(readAs('issuer', issuer, readIssuer)),
      sub: readAs('subject', subject, readSubject),
    };
    const { person_id } = await findPerson(registers, who);
    const changed = await registers.people
      .change(person_id, (person) => ({ ...apply(person, link), updated_at: nowSeconds() }))
      .catch((error: unknown) => {
        if (!(error instanceof NameTaken)) throw error;
        throw new CommandFailed('another user is linked to that subject already', { cause: error });
      });
    showPerson(context, values.json, changed ?? noSuchPerson(who));
  };
}

function without({ links = [] }: Person, link: PersonLink): PersonLink[] {
  return links.filter((each) => !isSameLink(each, link));
}

export const LINK_ACTIONS: Readonly<Record<string, Action>> = {
  link: action((person, link) => ({ ...person, links: [...without(person, link), link] })),

  /** Whoever came in by it is out: what began with it ends with it. */
  unlink: action((person, link) => {
    const links = without(person, link);
    if (links.length === (person.links ?? []).length)
      throw new CommandFailed(`this user is not linked to ${JSON.stringify(link.sub)} of ${link.issuer}`);
    const { links: _links, ...rest } = person;
    return { ...rest, ...(links.length > 0 && { links }), generation: person.generation + 1 };
  }),
};
