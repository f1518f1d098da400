// Plays scenarios of tests/cluster one after the other in one newsroom, as tests of node:test.
import { after, before, test } from 'node:test';
import { Cluster } from './cluster.mjs';
import { generator } from './random.mjs';
import { Scope } from './scope.mjs';

const kShort = { seconds: 4, leavers: 8, clients: 150, stormMs: 1_500 };

export function playAll(scenarios) {
  const scope = new Scope();
  const random = generator(Number(process.env.TOCSIN_SEED ?? 1));
  let room;
  before(async () => {
    room = await Cluster.create(scope, { readers: 10_000, lease: 2 });
  });
  after(() => scope.close());
  for (const [title, play] of Object.values(scenarios)) {
    test(title, async (t) => {
      if (typeof room === 'string') return t.skip(room);
      await room.mend();
      const figures = await play(room, random, kShort);
      if (figures.skipped) return t.skip(figures.skipped);
      t.diagnostic(JSON.stringify(figures));
    });
  }
}
