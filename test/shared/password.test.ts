/** People's passwords. @see NIST SP 800-63B §5.1.1; OWASP Password Storage Cheat Sheet; RFC 9106 */
import { argon2Sync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { matchesArgon2 } from '../../services/shared/argon2.ts';
import { fewAtOnce } from '../../services/shared/few-at-once.ts';
import { hashPassword, isPassword, needsRehash, passwordFault } from '../../services/shared/password.ts';
import type { Person } from '../../services/shared/person.ts';
import { riseMb } from '../support/memory-of.ts';

const NOW = 1_700_000_000;
const RIGHT = 'correct horse battery staple';

const person = (fields: Partial<Person> = {}): Person => ({
  person_id: 'person:0123456789abcdef01234567',
  org: 'default',
  email: 'ada.lovelace@example.org',
  email_verified: true,
  username: 'countess',
  name: 'Ada Lovelace',
  scope: 'all',
  active: true,
  generation: 0,
  created_at: NOW,
  updated_at: NOW,
  ...fields,
});
const withPassword = async (password: string) => person({ password: await hashPassword(password, NOW) });

describe('what is kept of a password', () => {
  it('says how it was made: argon2id with 19 MiB, two passes, one lane, and a salt of its own', async () => {
    const [one, other] = [await hashPassword(RIGHT, NOW), await hashPassword(RIGHT, NOW)];
    expect(one).toEqual({
      hash: expect.stringMatching(
        /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
      ) as string,
      created_at: NOW,
    });
    expect(one.hash).not.toBe(other.hash);
    expect(JSON.stringify(one)).not.toContain('correct');
  });

  it('is what the reference implementation makes of the same', async () => {
    const known = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
    expect(await matchesArgon2('password', known)).toBe(true);
    expect(await matchesArgon2('Password', known)).toBe(false);
  });

  it.each([
    '',
    'sha256:abc',
    '$argon2i$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$argon2id$v=16$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$',
    '$2b$10$abcdefghijklmnopqrstuv',
  ])('matches nothing where it is something else: %j', async (hash) => {
    expect(await matchesArgon2(RIGHT, hash)).toBe(false);
    expect(needsRehash({ hash, created_at: NOW })).toBe(true);
  });

  it('wants to be made again where it was made with other costs, and works until then', async () => {
    const nonce = Buffer.alloc(16, 7);
    const made = argon2Sync('argon2id', {
      message: RIGHT,
      nonce,
      memory: 8192,
      passes: 3,
      parallelism: 1,
      tagLength: 32,
    });
    const bare = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
    const old = { hash: `$argon2id$v=19$m=8192,t=3,p=1$${bare(nonce)}$${bare(made)}`, created_at: NOW };
    expect(await isPassword(person({ password: old }), RIGHT)).toBe(true);
    expect(needsRehash(old)).toBe(true);
    expect(needsRehash(await hashPassword(RIGHT, NOW))).toBe(false);
  });
});

describe('isPassword', () => {
  let ada: Person;
  beforeAll(async () => {
    ada = await withPassword(RIGHT);
  });

  it('knows the right one, as often as it is asked', async () => {
    expect([await isPassword(ada, RIGHT), await isPassword(ada, RIGHT)]).toEqual([true, true]);
  });

  it.each([
    ['none', ''],
    ['the beginning of it', 'correct horse battery stapl'],
    ['with a space after it', `${RIGHT} `],
    ['in other case', RIGHT.toUpperCase()],
    ['with NUL after it', `${RIGHT}\u0000`],
    ['half a surrogate pair', '\ud800'],
    ['a megabyte', 'x'.repeat(1e6)],
  ])('knows another one: %s', async (_, wrong) => {
    expect(await isPassword(ada, wrong)).toBe(false);
  });

  it.each([undefined, person()])('says no of nobody, and of somebody who has none', async (nobody) => {
    for (const password of ['', RIGHT, '\u0000'.repeat(32)]) expect(await isPassword(nobody, password)).toBe(false);
  });

  it.each([
    ['composed and decomposed', 'pässwörter-für-alle', 'pa\u0308sswo\u0308rter-fu\u0308r-alle'],
    ['full width', 'correct horse', 'ｃｏｒｒｅｃｔ　ｈｏｒｓｅ'],
  ])('takes the same letters from another keyboard: %s', async (_, said, typed) => {
    expect(await isPassword(await withPassword(said), typed)).toBe(true);
  });

  it.each(['пароль-для-всех', '合言葉合言葉合言葉', '😀😁😂🤣😃😄😅😆', ' spaces around ', `"';--\\<>&%`])(
    'takes any characters: %s',
    async (password) => {
      expect(await isPassword(await withPassword(password), password)).toBe(true);
      expect(await isPassword(await withPassword(password), password.slice(0, -1))).toBe(false);
    },
  );

  it('hashes all of the longest one there may be', async () => {
    const longest = await withPassword(`a${'x'.repeat(1023)}`);
    expect(await isPassword(longest, `a${'x'.repeat(1023)}`)).toBe(true);
    expect(await isPassword(longest, `a${'x'.repeat(1022)}y`)).toBe(false);
  });

  it('trap, timing tells who has an account: takes as long for nobody as for somebody', async () => {
    const timeFor = async (who: Person | undefined) => {
      const times: number[] = [];
      for (let round = 0; round < 9; round++) {
        const startedAtMs = performance.now();
        await isPassword(who, 'not this one');
        times.push(performance.now() - startedAtMs);
      }
      return Math.min(...times);
    };
    const somebody = await timeFor(ada);
    for (const other of [await timeFor(undefined), await timeFor(person())]) {
      /* Without the hash it would be a thousandth; less than ten times is the machine's own noise. */
      expect(other).toBeGreaterThan(somebody / 10);
      expect(other).toBeLessThan(somebody * 10);
    }
  });
});

describe('many sign-ins at once', () => {
  it('take the memory of few, and all are answered', async () => {
    const ada = await withPassword(RIGHT);
    const signIns = () => Promise.all(Array.from({ length: 40 }, () => isPassword(ada, RIGHT)));
    let answers: boolean[] = [];
    const rise = await riseMb(process.pid, async () => void (answers = await signIns()));
    expect(answers).toEqual(Array<boolean>(40).fill(true));
    expect(rise).toBeLessThan(70);
  }, 30_000);

  it('trap, they take every thread that files and name look-ups need: those go on meanwhile', async () => {
    let ended = 0;
    const signIns = Array.from({ length: 20 }, () => isPassword(undefined, 'x').then(() => (ended += 1)));
    await readFile(import.meta.filename);
    expect(ended).toBeLessThan(10);
    await Promise.all(signIns);
  }, 30_000);

  it('are refused with 503 where too many wait already, and the rest come to their end in turn', async () => {
    const inTurn = fewAtOnce(2, 3);
    let running = 0;
    let most = 0;
    const work = async (name: number) => {
      most = Math.max(most, ++running);
      await pause(5);
      running -= 1;
      if (name === 1) throw new Error('it failed');
      return name;
    };
    const outcomes = await Promise.allSettled(Array.from({ length: 7 }, (_, name) => inTurn(() => work(name))));
    expect(most).toBe(2);
    const fulfilled = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    expect(fulfilled).toEqual([0, 2, 3, 4]);
    const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as Error] : []));
    expect(reasons[0]?.message).toBe('it failed');
    for (const reason of reasons.slice(1)) expect(reason).toMatchObject({ name: 'Refusal', status: 503 });
    expect(await Promise.all([5, 6, 7].map((name) => inTurn(() => work(name))))).toEqual([5, 6, 7]);
  });
});

describe('passwordFault', () => {
  it.each([
    ['eight characters', '8charact'],
    ['words', 'no rules at all'],
    ['lower case only', 'alllowercaseletters'],
    ['digits and a letter', '0000000a'],
    ['eight characters in sixteen units', '😀😁😂🤣😃😄😅😆'],
    ['1024 characters', 'x'.repeat(1023) + 'y'],
    ['1024 characters, decomposed', 'o\u0308'.repeat(1023) + 'y'],
  ])('finds none in %s', (_, password) => {
    expect(passwordFault(password)).toBeUndefined();
  });

  it.each<[password: string, fault: string]>([
    ['', '8 characters at least'],
    ['7 chars', '8 characters at least'],
    ['😀😁😂🤣', '8 characters at least'],
    ['a\u0308'.repeat(7), '8 characters at least'],
    ['xy'.repeat(512) + 'z', '1024 characters at most'],
    ['x'.repeat(1e6), '1024 characters at most'],
    ['\ufdfa'.repeat(100), '1024 characters at most'],
    ['two\nlines-of-it', 'one line'],
    ['nul\u0000between', 'one line'],
    ['half a pair \ud83d', 'one line'],
    ['password', 'anybody would try'],
    ['PassWord1', 'anybody would try'],
    ['ｐａｓｓｗｏｒｄ', 'anybody would try'],
    ['12345678', 'anybody would try'],
    ['qwertyuiop', 'anybody would try'],
    ['passwort', 'anybody would try'],
    ['motdepasse', 'anybody would try'],
    ['contraseña', 'anybody would try'],
    ['zzzzzzzzzz', 'anybody would try'],
  ])('finds one in case %#', (password, fault) => {
    expect(passwordFault(password)).toMatch(/^should /);
    expect(passwordFault(password)).toContain(fault);
  });

  it.each(['ada.lovelace@example.org', 'Ada.Lovelace', 'COUNTESS', 'Ada Lovelace', 'adalovelace'])(
    'finds one in what everybody knows of a person: %s',
    (password) => {
      expect(passwordFault(password, person())).toMatch(/^should not be the e-mail address/);
      expect(passwordFault(password, person({ email: 'b@c.example', username: 'bee', name: 'B' }))).toBeUndefined();
    },
  );

  it('keeps what has one from being hashed', async () => {
    await expect(hashPassword('password', NOW)).rejects.toThrow(RangeError);
  });
});
