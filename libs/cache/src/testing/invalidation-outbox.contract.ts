import type { InvalidationOutbox } from '../outbox/invalidation-outbox.js';
import type { Tag } from '../families/tag.js';
import type { ContractCase } from './shared-store.contract.js';

/** What a run of the contract needs: the outboxes of two processes on one empty table. */
interface OutboxSubject {
  readonly outbox: InvalidationOutbox;
  readonly other: InvalidationOutbox;
  /** Runs work in a transaction of `outbox`'s process. */
  readonly inTransaction: (work: () => Promise<void>) => Promise<void>;
  readonly passMs: (ms: number) => Promise<void>;
}

function expectThat(condition: boolean, claim: string): void {
  if (!condition) throw new Error(`The outbox breaks its contract: ${claim}`);
}

const tag = (name: string) => `w:${name}:x` as Tag;

async function appended(outbox: InvalidationOutbox, tags: readonly Tag[]): Promise<string> {
  const id = await outbox.append(tags);
  if (id === undefined) throw new Error('The outbox breaks its contract: a process that delivers needs every row');
  return id;
}

/** What every outbox must do. */
export const invalidationOutboxContract: readonly ContractCase<OutboxSubject>[] = [
  {
    name: 'keeps what is appended, for all processes, until it is removed',
    async run({ outbox, other }) {
      const id = await appended(outbox, [tag('a'), tag('b')]);
      const [row] = (await other.overdue(0, 10)).rows;
      expectThat(row?.id === id && row.tags.join() === 'w:a:x,w:b:x', 'every process sees the row with its tags');
      expectThat((await other.left([id])).join() === id, 'it is left');
      await other.remove([id]);
      await other.remove([id]);
      expectThat((await outbox.left([id])).length === 0, 'removed is gone, and removing it twice is harmless');
      expectThat((await outbox.oldestAgeMs()) === 0, 'an empty outbox has no age');
    },
  },
  {
    name: 'reports ages, oldest first',
    async run({ outbox, other, passMs }) {
      const first = await appended(outbox, [tag('a')]);
      await passMs(500);
      const second = await appended(other, [tag('b')]);
      expectThat((await outbox.oldestAgeMs()) >= 500, 'the oldest row counts');
      const { rows: all, snapshot } = await outbox.overdue(0, 10);
      expectThat(all.map(({ id }) => id).join() === `${first},${second}`, 'the oldest comes first');
      const { rows: overdue } = await outbox.overdue(450, 10);
      expectThat(overdue.map(({ id }) => id).join() === first, 'only older rows are overdue');
      expectThat((await outbox.overdue(0, 1)).rows.length === 1, 'at most as many as asked for');
      const recent = await other.recent(60_000, 10);
      expectThat(
        recent.map(({ id }) => id).join() === `${second},${first}`,
        'of the recent ones the newest comes first',
      );
      expectThat((await other.recent(60_000, 1))[0]?.id === second, 'at most as many as asked for');
      expectThat((await other.recent(0, 10)).length === 0, 'only younger rows are recent');
      expectThat((await other.recent(0, 10, snapshot)).length === 0, 'a look has seen what it saw');
      expectThat(
        (await other.overdue(60_000, 10, snapshot)).rows.length === 2 &&
          (await other.claim(60_000, 10, snapshot)).length === 2,
        'what a look has seen is due, however young',
      );
      const third = await appended(outbox, [tag('c')]);
      expectThat(
        (await other.recent(0, 10, snapshot))[0]?.id === third,
        'and not what came later, however old that is',
      );
      const left = await other.recent(60_000, 10, undefined, [third, first]);
      expectThat(left.map(({ id }) => id).join() === second, 'what was delivered is not answered');
      expectThat((await outbox.left([first, second, third])).join() === second, 'and removed by the way');
      const [younger, older] = recent;
      expectThat((older?.ageMs ?? 0) - (younger?.ageMs ?? 0) >= 450, 'they carry their ages');
    },
  },
  {
    name: 'gives a row to one process at a time, and again when that one has not delivered it',
    async run({ outbox, other, passMs }) {
      await Promise.all(['a', 'b', 'c', 'd'].map((name) => outbox.append([tag(name)])));
      const [mine, theirs] = await Promise.all([outbox.claim(0, 10), other.claim(0, 10)]);
      const ids = [...mine, ...theirs].map(({ id }) => id);
      expectThat(new Set(ids).size === ids.length && ids.length === 4, 'two who ask at once get different rows');
      expectThat((await other.claim(0, 10)).length === 0, 'a claimed row is not given again');
      expectThat((await other.overdue(0, 10)).rows.length === 4, 'but everyone sees it');
      await passMs(1_050);
      expectThat((await other.claim(0, 10)).length === 4, 'a claim ends');
    },
  },
  {
    name: 'leaves young rows to their writers',
    async run({ outbox, other, passMs }) {
      await outbox.append([tag('a')]);
      expectThat((await other.claim(200, 10)).length === 0, 'a young row is left alone');
      await passMs(250);
      expectThat((await other.claim(200, 10)).length === 1, 'an older one is taken');
    },
  },
  {
    name: 'keeps an erasure for all processes until a while after it is done',
    async run({ outbox, other, passMs }) {
      const id = await outbox.appendErasure('w');
      if (id === undefined) throw new Error('The outbox breaks its contract: others may hold what is erased');
      const [row] = await other.erasures();
      expectThat(
        row?.id === id && row.scope === 'w' && row.doneMsAgo === undefined,
        'every process sees what to erase',
      );
      expectThat((await other.claimErasures(200)).length === 0, 'a young one is left to its writer');
      const [mine, theirs] = await Promise.all([outbox.claimErasures(0), other.claimErasures(0)]);
      expectThat(mine.length + theirs.length === 1, 'one process at a time gets it');
      expectThat((await other.takeFinished(0)).length === 0, 'what is not done is not finished');
      expectThat((await outbox.erased([id])).join() === id, 'a process that delivers does it');
      expectThat((await outbox.claimErasures(0)).length === 0, 'what is done is not given again');
      await passMs(60);
      expectThat(((await other.erasures())[0]?.doneMsAgo ?? 0) >= 55, 'every process sees since when it is done');
      expectThat((await other.takeFinished(60_000)).length === 0, 'it stays for those who look later');
      const [finished, again] = await Promise.all([outbox.takeFinished(50), other.takeFinished(50)]);
      expectThat(finished.length + again.length === 1, 'then one process takes it');
      expectThat((await outbox.erasures()).length === 0, 'and it is gone');
    },
  },
  {
    name: 'knows the transaction it is called in, and its commit',
    async run({ outbox, inTransaction }) {
      expectThat(outbox.transaction === undefined, 'there is none outside');
      const order: string[] = [];
      await inTransaction(async () => {
        const { transaction } = outbox;
        expectThat(transaction !== undefined, 'there is one inside');
        await outbox.append([tag('a')]);
        expectThat(outbox.transaction === transaction, 'it is the same for all calls');
        await outbox.beforeCommit(async () => {
          expectThat(outbox.transaction === transaction, 'the last work is in it');
          order.push('last work');
        });
        await outbox.afterCommit(() => {
          expectThat(outbox.transaction === undefined, 'there is none in the hook');
          order.push('hook');
        });
        order.push('work');
      });
      order.push('answered');
      expectThat(
        order.join() === 'work,last work,hook,answered',
        'the last work follows the work, the hook the commit, and then comes the answer',
      );
      await outbox.afterCommit(() => void order.push('at once'));
      expectThat(order.at(-1) === 'at once', 'outside it runs at once');
    },
  },
];
