// What becomes of a picture after it has been painted, at once: as by `strength` and `keep_colors`
// of `Style.stylize`, but for the colours, whose luminance and clipping here are the browser's.

import { empty } from "./photograph.js";

const strength = document.getElementById("strength");
const keepColors = document.getElementById("keep-colors");

/** Tells when people change how the picture shall look: while they do, and when they have. */
export function onLook(changing, changed) {
  for (const control of [strength, keepColors]) {
    control.addEventListener("input", () => {
      const percent = `${strength.value} %`;
      document.getElementById("percent").textContent = percent;
      strength.setAttribute("aria-valuetext", percent);
      changing();
    });
    control.addEventListener("change", changed);
  }
}

/**
 * Gives a picture the chosen look.
 *
 * @param {HTMLCanvasElement} picture as the style painted it
 * @param {HTMLCanvasElement} photograph of the same proportions
 * @returns {HTMLCanvasElement} of the picture's size
 */
export function withLook(picture, photograph) {
  const { width, height } = picture;
  const canvas = empty(width, height);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  const add = (mode, alpha, image) => {
    context.globalCompositeOperation = mode;
    context.globalAlpha = alpha;
    context.drawImage(image, 0, 0, width, height);
  };
  add("copy", 1, picture);
  if (keepColors.checked) add("color", 1, photograph); // hue and saturation, on the luminance there
  if (strength.value < 100) add("source-over", 1 - strength.value / 100, photograph);
  return canvas;
}
