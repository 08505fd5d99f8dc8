/** Who administers which clients, and what they may make of them. @see seed 001: "labels that control administrator access to the client" */
import { faultOfChange, mayAdminister, readLabel, type Administrator } from '../../services/shared/administrator.ts';
import type { Client } from '../../services/shared/client.ts';
import { newClient } from '../../services/store/new-client.ts';

const who = (administers?: Administrator['administers'], said: Partial<Administrator> = {}): Administrator => ({
  org: 'default',
  active: true,
  ...(administers !== undefined && { administers }),
  ...said,
});
const labelled = (...labels: string[]): Client => ({
  ...newClient({ client_name: 'A', scope: 'state' }),
  ...(labels.length > 0 && { labels }),
});

describe('a client', () => {
  it.each<[string, Administrator, Client, boolean]>([
    ['one who holds its only label', who(['hr']), labelled('hr'), true],
    ['one who holds one of its labels', who(['hr', 'it']), labelled('it', 'sales'), true],
    ['one who administers all', who('all'), labelled('hr'), true],
    ['one who administers all, where it has no label', who('all'), labelled(), true],
    ['one who holds no label of it', who(['hr']), labelled('sales'), false],
    ['one who holds labels, where it has none', who(['hr']), labelled(), false],
    ['one who holds no labels', who([]), labelled('hr'), false],
    ['one who holds no labels, where it has none', who([]), { ...labelled(), labels: [] }, false],
    ['somebody who is no administrator', who(), labelled('hr'), false],
    ['one who is not active', who('all', { active: false }), labelled('hr'), false],
    ['one of another organization', who(['hr'], { org: 'acme' }), labelled('hr'), false],
    ['one of another organization who administers all', who('all', { org: 'acme' }), labelled('hr'), false],
    ['one who holds the beginning of its label', who(['hr']), labelled('hr-sync'), false],
    ['one who holds a label called all', who(['all']), labelled('hr'), false],
  ])('is administered by %s: see the last column', (_who, administrator, client, may) => {
    expect(mayAdminister(administrator, client)).toBe(may);
  });
});

describe('an administrator', () => {
  const hr = who(['hr', 'it']);
  const changed = (before: Client | undefined, after: Client, administrator = hr) =>
    faultOfChange(administrator, before, after);

  it('adds a client with a label of theirs, and none without', () => {
    expect(changed(undefined, labelled('hr'))).toBeUndefined();
    expect(changed(undefined, labelled())).toContain('without a label of theirs they would not see it');
    expect(changed(undefined, labelled('hr', 'sales'))).toContain('not theirs to give or to take: sales');
  });

  it('gives and takes labels they hold, but not the last one, and leaves those of others', () => {
    expect(changed(labelled('hr', 'sales'), labelled('hr', 'it', 'sales'))).toBeUndefined();
    expect(changed(labelled('hr', 'it', 'sales'), labelled('it', 'sales'))).toBeUndefined();
    expect(changed(labelled('hr', 'sales'), labelled('sales'))).toContain('would not see it any more: hr, it');
    expect(changed(labelled('hr', 'sales'), labelled('hr'))).toContain('not theirs to give or to take: sales');
    expect(changed(labelled('hr'), labelled('hr', 'sales'))).toContain('not theirs to give or to take: sales');
    expect(changed(labelled('hr'), labelled())).toContain('would not see it any more');
  });

  it('moves no client to another organization, whoever they are', () => {
    for (const administrator of [hr, who('all')])
      expect(changed(labelled('hr'), { ...labelled('hr'), org: 'acme' }, administrator)).toContain('organization');
  });

  it.each(['introspect', 'authority/write', 'super', 'launch'])(
    'who does not administer all gives no client %s, which reaches beyond it',
    (scope) => {
      const after = { ...labelled('hr'), scope: `state ${scope}` };
      expect(changed(labelled('hr'), after)).toContain(`only who administers all clients gives a client ${scope}`);
      expect(changed(undefined, after)).toContain(scope);
      expect(changed(after, { ...after, client_name: 'Renamed' })).toBeUndefined();
      expect(changed(labelled('hr'), after, who('all'))).toBeUndefined();
    },
  );

  it('gives what the boxes stand for', () => {
    const scope = 'statements/write statements/read statements/read/mine scim events';
    expect(changed(labelled('hr'), { ...labelled('hr'), scope })).toBeUndefined();
  });
});

describe('a label', () => {
  it.each(['hr', 'human-resources', '7', 'a'.repeat(63)])('can be %s', (text) => expect(readLabel(text)).toBe(text));
  it.each(['', ' ', 'HR', 'a b', 'a,b', '-a', 'a-', 'é', '__proto__', 'a'.repeat(64), 'a\n'])('cannot be %j', (text) =>
    expect(() => readLabel(text)).toThrow(/^should be 1 to 63 lower-case letters/),
  );
});
