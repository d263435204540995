// From a file to the pixels that a style takes, and back.

import { noise } from "./bytes.js";
import { kindOf } from "./kinds.js";

const LONGEST = 1600; // pixels kept: more than the page paints or any stage shows

/**
 * Decodes an image file upright and scales it down if it is large.
 *
 * @param {Blob} blob
 * @returns {Promise<HTMLCanvasElement>} with the size of the file as `original`
 * @throws {Error} of kind "image", with the file's kind as `format`
 */
export async function decode(blob) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(blob, { imageOrientation: "from-image" });
  } catch (cause) {
    const format = await kindOf(blob);
    throw Object.assign(new Error(cause.message), { kind: "image", format });
  }
  const { width, height } = bitmap;
  const canvas = fit(bitmap, width, height);
  bitmap.close();
  return Object.assign(canvas, { original: { width, height } });
}

/** Draws an image, or a frame of a video, on a canvas whose sides are at most `longest`. */
export function fit(image, width, height, longest = LONGEST) {
  const scale = Math.min(1, longest / Math.max(width, height));
  return draw(image, Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
}

/**
 * The size to paint a photograph at: its longer side is `side`, and both grow to the style's multiples.
 *
 * @returns {{ width: number, height: number, inner: { width: number, height: number } }} `inner` is
 *   what the photograph fills
 */
export function sizeFor(photograph, side, { multiple, minimum }) {
  const scale = side / Math.max(photograph.width, photograph.height);
  const scaled = (length) => Math.max(1, Math.round(length * scale));
  const grown = (length) => Math.max(minimum, Math.ceil(length / multiple) * multiple);
  const inner = { width: scaled(photograph.width), height: scaled(photograph.height) };
  return { width: grown(inner.width), height: grown(inner.height), inner };
}

/** The largest square from the middle of a photograph, scaled to `side` pixels. */
export function middle(photograph, side) {
  const { width, height } = photograph;
  const length = Math.min(width, height);
  const canvas = empty(side, side);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(photograph, (width - length) / 2, (height - length) / 2, length, length, 0, 0, side, side);
  return canvas;
}

/**
 * Scales a photograph into `size`; what it does not fill is mirrored at its right and lower
 * border, as `Style.stylize` does.
 *
 * @param {HTMLCanvasElement} photograph
 * @param {object} size of `sizeFor`
 * @param {number} grain deviation of the noise that is added to the photograph first
 * @returns {Float32Array} RGB in [0, 1], height before width
 */
export function toPixels(photograph, size, grain = 0) {
  const { inner } = size;
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
export function toCanvas(pixels, size) {
  const { inner } = size;
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

/** Adds normal noise, the same each time. */
function addGrain(values, deviation) {
  const normal = noise(values.length);
  for (let i = 0; i < values.length; i++) {
    values[i] = Math.min(1, Math.max(0, values[i] + deviation * normal[i]));
  }
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
