// The radio buttons and thumbnails that people choose from, made from the lists.

/**
 * Adds one radio button a choice, with a picture or without.
 *
 * @param {HTMLElement} box
 * @param {string} name of the group
 * @param {Array<{ title: string, detail?: string, image?: string, value: any }>} choices
 * @param {(value: any) => void} chosen
 */
export function addChoices(box, name, choices, chosen) {
  for (const { title, detail, image, value } of choices) {
    const input = element("input", { type: "radio", name, className: "unseen" });
    input.addEventListener("change", () => chosen(value));
    const words = element("span", { className: "title", textContent: title });
    const label = element("label", { className: "choice" }, input);
    if (image) label.append(element("img", { src: image, alt: "" }));
    label.append(words);
    if (detail) label.append(element("span", { className: "detail", textContent: detail }));
    box.append(label);
  }
}

/** Ticks the choice at `index` of a group, or none if it is negative. */
export function tick(box, index) {
  box.querySelectorAll("input").forEach((input, number) => (input.checked = number === index));
}

function element(tag, properties, ...children) {
  const result = Object.assign(document.createElement(tag), properties);
  result.append(...children);
  return result;
}
