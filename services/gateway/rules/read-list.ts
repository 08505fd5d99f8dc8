/**
 * A list of statements, filtered as it streams by. Of the LRS's page only what belongs to the caller's list goes on; a page
 * of which nothing is left is passed over, for a client takes an empty one for the end.
 */
import { Readable } from 'node:stream';
import { CONSISTENT_THROUGH_HEADER } from '../../shared/xapi/version.ts';
import type { Answer, Ask, Call, MoreLink } from '../call.ts';
import type { HeaderList } from '../headers.ts';
import type { Filter } from './belongs.ts';
import { openListPage, type ListPage } from './list-page.ts';
import { checkReadable, unreadable } from './readable-answer.ts';
import { drop } from '../unread-answer.ts';

/** How many pages of the LRS one call may have read. After that the caller gets an empty one, with a link to the rest. */
const MOST_PAGES = 50;

/**
 * All that is said of a filtered answer. The rest (`ETag`, `Last-Modified`, `Content-Length`, digests, counts) would be about
 * statements that the caller may not see.
 */
const KEPT = ['content-type', 'content-language', 'date', 'cache-control', 'vary', 'x-experience-api-version'];

/** @throws Refusal 502 for an answer that is no list of statements. */
export async function readList(call: Call, ask: Ask, { belongs, isCostly }: Filter, maxBytes: number): Promise<Answer> {
  let answer = await ask(call);
  const since = said(answer.headers, [CONSISTENT_THROUGH_HEADER.toLowerCase()]);
  for (let pages = 1; checkReadable(answer); pages++) {
    const { more } = answer;
    const page = openListPage(answer, belongs, maxBytes);
    const first = await page.kept.next().catch((cause: unknown) => {
      drop(answer);
      throw unreadable(cause);
    });
    if (!first.done || first.value === '' || pages === MOST_PAGES || isCostly() || !more) {
      const body = Readable.from(bytesOf(page, first, more));
      const shown = answer;
      body.once('close', () => drop(shown));
      /* Of the first page: what was stored since then may be missing from it. */
      return { status: 200, headers: [...said(answer.headers, KEPT), ...since], body };
    }
    drop(answer);
    answer = await ask({ ...call, page: more.follow(first.value) });
  }
  return answer;
}

function said(headers: HeaderList, names: readonly string[]): HeaderList {
  return headers.filter(([name]) => names.includes(name.toLowerCase()));
}

/** @param first of what is kept of the page, which has been read already. */
async function* bytesOf(
  page: ListPage,
  first: IteratorResult<Buffer[], string>,
  more: MoreLink | undefined,
): AsyncGenerator<Buffer> {
  yield Buffer.concat([page.before(), Buffer.from('{"statements":[')]);
  let isFirst = true;
  let next = first;
  for (; !next.done; next = await page.kept.next()) {
    yield Buffer.concat(next.value.flatMap((bytes, at) => (isFirst && at === 0 ? [bytes] : [COMMA, bytes])));
    isFirst = false;
  }
  const link = next.value === '' || !more ? '' : more.publish(next.value);
  yield Buffer.from(`],"more":${JSON.stringify(link)}}`);
  yield* page.after();
}

const COMMA = Buffer.from(',');
