/** What following the store comes to, for who asks. */
import type { Figures } from '../shared/observing/figures.ts';
import type { Records } from './records.ts';

export function recordFigures(service: string, { figures }: Records): Figures {
  const one = (read: () => number) => () => [{ labels: { service }, value: read() }];
  return {
    hallpass_record_reads_total: () =>
      [...figures.reads].flatMap(([kind, { cache, store }]) => [
        { labels: { service, kind, from: 'cache' }, value: cache },
        { labels: { service, kind, from: 'store' }, value: store },
      ]),
    hallpass_withdrawals_total: one(figures.withdrawals),
    hallpass_withdrawals_followed: one(() => (figures.isFollowed() ? 1 : 0)),
  };
}
