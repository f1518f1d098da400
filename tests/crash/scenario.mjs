// What one seed of the crash runs means: how the alert is sent, what the sink does wrong, and the
// dice for when the service is killed.

import { generator } from '../e2e/support/random.mjs';

export const kDomains = 17;  // the readers' domains; recipients are in the order of theirs
export const kRefused = 'reader77';  // whose addresses begin so, the sink refuses, for good

// The faults of src/app/sink_faults.h. Connections are cut only at the readers of one domain, and
// at each of them once, so that what is sent again seldom meets a second cut: that would be tried
// again a minute later.
export function scenario(seed) {
  const random = generator(seed);
  const atMostOnce = random.below(5) === 0;
  const domain = `@large${random.below(kDomains)}-`;
  const faults = ['cuts_max=1', `rcpt5xx:${kRefused}=1`];
  const some = (names, thousandths) => names.forEach((name) => {
    faults.push(`${name}:${domain}=${(random.below(thousandths + 1) / 1000).toFixed(3)}`);
  });
  some(['cut_after', 'cut_before', 'cut_data', 'garbage', 'garbage_after'], 15);
  some(['lines100'], 100);
  const oneIn = (sides, then) => { if (random.below(sides) === 0) then(); };
  oneIn(3, () => faults.push('no_chunking=1'));
  oneIn(6, () => faults.push('no_pipelining=1'));
  oneIn(2, () => faults.push(`split=${random.below(3) / 10}`));
  oneIn(2, () => faults.push(`delay=${random.below(3) / 10}`, `delay_ms=${1 + random.below(5)}`));
  // Answers that come when the service is long dead.
  oneIn(4, () => { some(['late'], 10); faults.push('late_ms=1500'); });
  // Throttling: each costs five seconds, and a lower rate.
  oneIn(8, () => some(['dot421', 'rcpt421', 'dot4xx', 'data4xx'], 8));
  // Refused for now: tried again a minute later.
  oneIn(50, () => some(['rcpt4xx', 'rcpt552', 'greylist'], 30));
  return { random, atMostOnce, faults: ['--faults', faults.join(','), '--seed', String(seed)] };
}
