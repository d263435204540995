// From a file to the pixels that a style takes, and back.

const LONGEST = 1600; // pixels kept for showing: more than any style takes or any stage shows

/**
 * Decodes an image file upright and scales it down if it is large.
 *
 * @param {Blob} blob
 * @returns {Promise<HTMLCanvasElement>}
 * @throws {Error} of kind "image"
 */
export async function decode(blob) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(blob, { imageOrientation: "from-image" });
  } catch (cause) {
    throw Object.assign(new Error(cause.message), { kind: "image" });
  }
  const canvas = fit(bitmap, bitmap.width, bitmap.height);
  bitmap.close();
  return canvas;
}

/** Draws an image, or a frame of a video, on a canvas whose sides are at most `longest`. */
export function fit(image, width, height, longest = LONGEST) {
  const scale = Math.min(1, longest / Math.max(width, height));
  return draw(image, Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
}

/** Chooses, of sizes `{ width, height }`, the one that a photograph fills best. */
export function bestSize(photograph, sizes) {
  const filled = (size) => {
    const inner = innerSize(photograph, size);
    return (inner.width * inner.height) / (size.width * size.height);
  };
  return sizes.reduce((best, size) => (filled(size) > filled(best) ? size : best));
}

/** The largest size of a photograph's proportions inside `size`. */
export function innerSize(photograph, size) {
  const scale = Math.min(size.width / photograph.width, size.height / photograph.height);
  return {
    width: Math.max(1, Math.round(photograph.width * scale)),
    height: Math.max(1, Math.round(photograph.height * scale)),
  };
}

/**
 * Scales a photograph into `size`; what it does not fill is mirrored at its right and lower
 * border, as `Style.stylize` does.
 *
 * @param {HTMLCanvasElement} photograph
 * @param {{ width: number, height: number }} size
 * @param {number} grain deviation of the noise that is added to the photograph first
 * @returns {Float32Array} RGB in [0, 1], height before width
 */
export function toPixels(photograph, size, grain = 0) {
  const inner = innerSize(photograph, size);
  const context = draw(photograph, inner.width, inner.height).getContext("2d");
  const { data } = context.getImageData(0, 0, inner.width, inner.height);
  const values = Float32Array.from(data, (byte) => byte / 255);
  if (grain) addGrain(values, grain);
  const pixels = new Float32Array(size.width * size.height * 3);
  let to = 0;
  for (let y = 0; y < size.height; y++) {
    const row = mirror(y, inner.height) * inner.width;
    for (let x = 0; x < size.width; x++) {
      const from = 4 * (row + mirror(x, inner.width));
      for (let channel = 0; channel < 3; channel++) pixels[to++] = values[from + channel];
    }
  }
  return pixels;
}

/** The part of a style's pixels that the photograph filled, as a canvas. */
export function toCanvas(pixels, size, inner) {
  const canvas = empty(inner.width, inner.height);
  const image = new ImageData(inner.width, inner.height);
  let to = 0;
  for (let y = 0; y < inner.height; y++) {
    let from = 3 * y * size.width;
    for (let x = 0; x < inner.width; x++) {
      for (let channel = 0; channel < 3; channel++) image.data[to++] = pixels[from++] * 255;
      image.data[to++] = 255; // the array itself clips and rounds
    }
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

/** Adds normal noise, by Box and Muller, the same each time. */
function addGrain(values, deviation) {
  const random = randomNumbers();
  for (let i = 0; i < values.length; i++) {
    const noise = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    values[i] = Math.min(1, Math.max(0, values[i] + deviation * noise));
  }
}

/** Numbers in [0, 1) of the generator of Numerical Recipes, second edition, section 7.1. */
function randomNumbers(state = 1) {
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

function mirror(position, length) {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const inside = position % period;
  return inside < length ? inside : period - inside;
}

function draw(image, width, height) {
  const canvas = empty(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "white"; // behind what is transparent
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, width, height);
  return canvas;
}

/** A transparent canvas. */
export function empty(width, height) {
  return Object.assign(document.createElement("canvas"), { width, height });
}
