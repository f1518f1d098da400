// Dice from a seed.

// SplitMix64, so that a seed means the same everywhere.
export function generator(seed) {
  let state = BigInt.asUintN(64, BigInt(seed));
  const next = () => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let z = state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return Number((z ^ (z >> 31n)) >> 11n) / 2 ** 53;
  };
  const below = (limit) => Math.floor(next() * limit);
  // `from` to `to`, and one of a list.
  return { below, between: (from, to) => from + next() * (to - from),
    one: (list) => list[below(list.length)] };
}
