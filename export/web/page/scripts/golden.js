// Whether a GPU paints what it should.

// Mean difference of a channel, of 255. Backends that are right differ by 1 to 2: the golden picture
// comes from a processor that rounds activations to int8. A wrong one differs by 20 and more.
const TOLERANCE = 6;

/**
 * @param {Float32Array} found in [0, 1]
 * @param {Uint8Array} expected
 */
export function isWrong(found, expected) {
  let sum = 0;
  for (let i = 0; i < expected.length; i++) {
    sum += Math.abs(Math.min(1, Math.max(0, found[i])) * 255 - expected[i]);
  }
  return !(found.length === expected.length && sum / expected.length <= TOLERANCE); // NaN is wrong too
}
