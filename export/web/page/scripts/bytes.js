// What the page changes in a TFLite file: see export/resizing.py and export/blending.py.

/**
 * Sets the shapes for a size.
 *
 * @param {Uint8Array} bytes of the file
 * @param {Array} rules of [axis, slope, intercept, offsets]
 * @param {[number, number]} size height and width
 * @returns {Uint8Array} a copy
 */
export function resized(bytes, rules, size) {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  for (const [axis, slope, intercept, offsets] of rules) {
    for (const offset of offsets) view.setInt32(offset, slope * size[axis] + intercept, true);
  }
  return copy;
}

/** Sets the numbers of a blend: the weighted mean of its paintings' numbers, float32 each. */
export function blended(bytes, ranges, parts, weights) {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  const numbers = parts.map((part) => new DataView(part.buffer, part.byteOffset));
  let from = 0;
  for (const [offset, count] of ranges) {
    for (let i = 0; i < count; i++, from += 4) {
      const value = numbers.reduce((sum, part, n) => sum + weights[n] * part.getFloat32(from, true), 0);
      view.setFloat32(offset + 4 * i, value, true);
    }
  }
  return copy;
}

/** Normal numbers by Box and Muller, the same each time; `_noise` of export/web_styles.py. */
export function noise(count) {
  const random = randomNumbers();
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Float32Array.from({ length: count }, normal);
}

/** Numbers in [0, 1) of the generator of Numerical Recipes, second edition, section 7.1. */
function randomNumbers(state = 1) {
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}
