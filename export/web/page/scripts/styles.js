// The styles to choose from: one painting, or a blend of two of the trunk's. A style that is chosen is
// { name, title, styles, sample, job }: `styles` are its paintings, `job` is what the worker needs.

import { addChoices, tick, ticked } from "./choices.js";

const FIRST = "starry_night"; // shown first, where the page has it
const find = (id) => document.getElementById(id);
const [singles, parts, mix] = ["styles", "blends", "mix"].map(find);

export class Styles {
  #pair; // two of the trunk's paintings, the one that was chosen first before

  /**
   * @param {object} index styles.json
   * @param {import("./thumbnails.js").Thumbnails} thumbnails
   * @param {(style: object | null) => void} chosen
   */
  constructor(index, thumbnails, chosen) {
    Object.assign(this, { index, thumbnails, chosen });
    const { styles, trunk } = index;
    styles.sort((a, b) => (b.name === FIRST) - (a.name === FIRST)); // all others stay in order
    addChoices(singles, "style", styles.map(choice), (style) => chosen(this.#single(style)));
    this.#watch(singles, styles, (style) => this.#single(style));
    if (trunk?.styles.length >= 2) this.#addBlends(trunk.styles);
  }

  /** Ticks the style that visitors see first. */
  first() {
    tick(singles, 0);
    return this.#single(this.index.styles[0]);
  }

  /** Unticks what was chosen, after it failed. */
  forget() {
    tick(singles, -1);
  }

  #addBlends(styles) {
    const modes = [
      { title: "One painting", value: false },
      { title: "Blend of two", value: true },
    ];
    addChoices(find("modes"), "mode", modes, (on) => this.#useBlend(on));
    tick(find("modes"), 0);
    find("modes").hidden = false;
    addChoices(parts, "blend", styles.map(choice), (style, input) => this.#choosePart(style, input), "checkbox");
    this.#watch(parts, styles, (style) => this.#mixed([[style, 1]]));
    this.#pair = styles.slice(0, 2);
    parts.querySelectorAll("input").forEach((input, number) => (input.checked = number < 2));
    mix.addEventListener("change", () => this.#chooseBlend());
  }

  #watch(box, styles, chosen) {
    [...box.children].forEach((label, number) => {
      const { thumbnail, painting } = styles[number];
      this.thumbnails.add(label, chosen(styles[number]).job, thumbnail, painting);
    });
  }

  #single(style) {
    const { file, shapes, noise, golden, multiple, minimum } = style;
    const known = { file, shapes, noise, golden, multiple, minimum };
    return { ...style, styles: [style], job: this.#job(known, null) };
  }

  #mixed(weighted) {
    const { file, shapes, ranges, golden, multiple, minimum } = this.index.trunk;
    const known = { file, shapes, ranges, noise: [], golden, multiple, minimum };
    const styles = weighted.map(([style]) => style);
    const blend = weighted.map(([{ values }, weight]) => ({ values, weight }));
    return {
      name: styles.map(({ name }) => name).join("-"),
      title: styles.map(({ title }) => title).join(" and "),
      styles,
      job: this.#job(known, blend),
    };
  }

  #job(style, blend) {
    const { engine, golden } = this.index;
    return { engine, style: { ...style, example: golden }, blend };
  }

  #useBlend(on) {
    singles.hidden = on;
    parts.hidden = find("mix-label").hidden = !on;
    if (on) return this.#chooseBlend();
    const number = ticked(singles);
    this.chosen(number < 0 ? null : this.#single(this.index.styles[number]));
  }

  /** A blend has two paintings: of three the one that was chosen first goes. */
  #choosePart(style, input) {
    if (input.checked) {
      const gone = this.index.trunk.styles.indexOf(this.#pair[0]);
      parts.querySelectorAll("input")[gone].checked = false;
      this.#pair = [this.#pair[1], style];
    }
    input.checked = true;
    this.#chooseBlend();
  }

  #chooseBlend() {
    const [first, second] = this.#pair;
    find("mix-first").textContent = first.title;
    find("mix-second").textContent = second.title;
    const text = `${100 - mix.value} % ${first.title}, ${mix.value} % ${second.title}`;
    mix.setAttribute("aria-valuetext", text);
    const share = mix.value / 100;
    this.chosen(this.#mixed([[first, 1 - share], [second, share]]));
  }
}

/** Lists the addresses in styles.json, to keep their files: those for every visit, and those of GPUs. */
export function addresses({ styles, trunk, golden }) {
  const blended = trunk?.styles ?? [];
  const all = [...styles, ...(trunk ? [trunk] : []), ...blended];
  const named = (...names) => all.flatMap((each) => names.map((name) => each[name])).filter(Boolean);
  return {
    pictures: named("thumbnail", "painting", "sample"),
    files: named("file", "values"),
    checks: [golden, ...named("golden")],
  };
}

const choice = (style) => ({
  title: style.title,
  detail: style.artist,
  image: style.thumbnail,
  inset: style.painting,
  value: style,
});
