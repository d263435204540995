// What people choose from: radio buttons or check boxes with pictures, made from the lists.

/**
 * Adds one input a choice, with a picture or without.
 *
 * @param {HTMLElement} box
 * @param {string} name of the group
 * @param {Array<{ title: string, detail?: string, image?: string, inset?: string, value: any }>} choices
 * @param {(value: any, input: HTMLInputElement) => void} chosen
 * @param {"radio" | "checkbox"} type
 */
export function addChoices(box, name, choices, chosen, type = "radio") {
  for (const { title, detail, image, inset, value } of choices) {
    const input = element("input", { type, name, className: "unseen" });
    input.addEventListener("change", () => chosen(value, input));
    const label = element("label", { className: "choice" }, input);
    if (image) {
      const pictures = element("span", { className: "frame" }, picture(image, "shown"));
      if (inset) pictures.append(picture(inset, "inset"));
      label.append(pictures);
    }
    const words = element("span", { className: "words" }, element("span", { className: "title", textContent: title }));
    if (detail) words.append(element("span", { className: "detail", textContent: detail }));
    label.append(words);
    box.append(label);
  }
}

/** Ticks the choice at `index` of a group, or none if it is negative. */
export function tick(box, index) {
  box.querySelectorAll("input").forEach((input, number) => (input.checked = number === index));
}

/** The index of the choice that is ticked, or -1. */
export function ticked(box) {
  return [...box.querySelectorAll("input")].findIndex(({ checked }) => checked);
}

const picture = (src, className) => element("img", { loading: "lazy", decoding: "async", src, className, alt: "" });

function element(tag, properties, ...children) {
  const result = Object.assign(document.createElement(tag), properties);
  result.append(...children);
  return result;
}
