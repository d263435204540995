// Each style's thumbnail is the photograph itself, painted: those in sight, while nothing else is.

import { middle, sizeFor, toCanvas, toPixels } from "./photograph.js";

const SIDE = 192; // pixels

export class Thumbnails {
  #photograph = null;
  #choices = new Map(); // label: the style's job without pixels, and its picture of before
  #visible = new Set();
  #painted = new Set();
  #turn = 0;

  /** @param {import("./painter.js").Painter} painter */
  constructor(painter) {
    this.painter = painter;
    this.observer = new IntersectionObserver((entries) => this.#see(entries));
  }

  /**
   * @param {HTMLElement} label of `addChoices`
   * @param {object} job as the painter takes it, without pixels
   * @param {string} first address of the thumbnail of the first example
   * @param {string} painting address of the painting's own
   */
  add(label, job, first, painting) {
    this.#choices.set(label, { job, first, painting });
    this.observer.observe(label);
  }

  /**
   * Shows a photograph in all styles.
   *
   * @param {HTMLCanvasElement | null} photograph null where none is to be painted
   * @param {boolean} isFirst whether it is the first example, of which the pictures are there already
   */
  show(photograph, isFirst) {
    this.#turn++;
    this.painter.forgetLater();
    this.#painted.clear();
    this.#photograph = isFirst ? null : photograph;
    for (const [label, { first, painting }] of this.#choices) put(label, isFirst ? first : painting);
    for (const label of this.#visible) this.#paint(label);
  }

  #see(entries) {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) this.#visible.add(target);
      else this.#visible.delete(target);
      if (isIntersecting) this.#paint(target);
    }
  }

  async #paint(label) {
    if (!this.#photograph || this.#painted.has(label)) return;
    this.#painted.add(label);
    const turn = this.#turn;
    const { job } = this.#choices.get(label);
    const square = middle(this.#photograph, SIDE);
    const size = sizeFor(square, SIDE, job.style);
    const { width, height } = size;
    try {
      const result = await this.painter.later({ ...job, width, height, pixels: toPixels(square, size), thumbnail: true });
      if (!result || turn !== this.#turn) return;
      const blob = await new Promise((resolve) => toCanvas(result.pixels, size).toBlob(resolve));
      if (turn === this.#turn) put(label, URL.createObjectURL(blob));
    } catch {
      this.#painted.delete(label); // it is tried again when it comes into sight; the painting stays
    }
  }
}

function put(label, address) {
  const image = label.querySelector(".shown");
  if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
  image.src = address;
  label.querySelector(".inset").hidden = !address.startsWith("blob:") && !address.includes("-small");
}
