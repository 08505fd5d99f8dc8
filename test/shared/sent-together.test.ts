/** What one turn of the event loop sends goes together, in its order, and no more at once than anybody should wait for. */
import { sendTogether } from '../../services/shared/sent-together.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('goes at the end of the turn, in the order in which it came', async () => {
  const sent: string[] = [];
  for (const what of ['a', 'b', 'c']) sendTogether(() => void sent.push(what));
  expect(sent).toEqual([]);
  await turn();
  expect(sent).toEqual(['a', 'b', 'c']);
});

it('does not wait for the end of the turn once 32 wait', async () => {
  const sent: number[] = [];
  for (let n = 0; n < 40; n++) sendTogether(() => void sent.push(n));
  expect(sent).toHaveLength(32);
  await turn();
  expect(sent).toEqual(Array.from({ length: 40 }, (_, n) => n));
});

it('goes in the next turn where it comes of what was sent', async () => {
  const sent: string[] = [];
  sendTogether(() => {
    sent.push('first');
    sendTogether(() => void sent.push('second'));
  });
  await turn();
  await turn();
  expect(sent).toEqual(['first', 'second']);
});
