// The page: a photograph, a style and a size; whenever one changes, it is painted anew.

import { addChoices, tick } from "./choices.js";
import { Compare } from "./compare.js";
import { onLook, withLook } from "./look.js";
import { complain, say, showProgress } from "./messages.js";
import { Painter } from "./painter.js";
import { bestSize, decode, innerSize, toCanvas, toPixels } from "./photograph.js";
import { closeWebcam, openWebcam } from "./webcam.js";

const find = (id) => document.getElementById(id);
const compare = new Compare();
const painter = new Painter(report);
const GRAIN = 0.02; // that of `Style.stylize`; more shows as noise
const chosen = { photograph: null, name: "", credit: "", style: null, side: 0, grain: 0 };
let picture = null; // as painted; none while it is not that of what is chosen
let shown = null; // the picture with its look
let latest = 0; // number of the photograph that was asked for last
let turns = 0; // number of the picture that was asked for last

start().catch(complain);

async function start() {
  if (location.protocol === "file:") throw failure("local");
  // LiteRT.js itself is WASM, on WebGPU too.
  if (typeof WebAssembly !== "object") throw failure("wasm");
  listen();
  const photographs = await load("photographs/photographs.json");
  addChoices(find("examples"), "example", photographs.map(example), openExample);
  tick(find("examples"), 0);
  await openExample(photographs[0]);
  const styles = await load("styles.json");
  addChoices(find("styles"), "style", styles.map(thumbnail), (style) => choose({ style }));
  const sides = new Set(styles.flatMap((style) => style.sizes.map(longerSide)));
  const smallestFirst = [...sides].sort((a, b) => a - b);
  addChoices(find("sides"), "side", smallestFirst.map(length), (side) => choose({ side }));
  tick(find("sides"), 0);
  chosen.side = smallestFirst[0];
}

function choose(choice) {
  Object.assign(chosen, choice);
  find("credit").textContent = credits();
  if (!chosen.photograph) say("Choose a photograph.");
  else if (!chosen.style) say("Choose a style.");
  else paint().catch(complain);
}

async function paint() {
  const { photograph, style, side, grain } = chosen;
  const turn = ++turns;
  const size = bestSize(photograph, style.sizes.filter((size) => longerSide(size) === side));
  const { width, height, file, changes } = size;
  busy(true);
  say(`Preparing ${style.title}…`);
  try {
    const pixels = toPixels(photograph, size, grain);
    const result = await painter.paint({ file, changes, width, height, pixels });
    if (!result) return;
    if (turn !== turns) return; // something else has been chosen
    picture = toCanvas(result.pixels, size, innerSize(photograph, size));
    showLook();
    await offerLook();
    if (turn !== turns) return;
    say(summary(picture, result));
    busy(false);
  } catch (error) {
    busy(false);
    chosen.style = null;
    tick(find("styles"), -1); // so that it can be chosen again
    throw error;
  }
}

function showLook() {
  if (!picture) return;
  offer(null); // until the hand is off the slider
  shown = withLook(picture, chosen.photograph);
  compare.showPicture(shown);
}

async function offerLook() {
  if (!picture) return;
  const canvas = shown;
  const name = `${chosen.name}-${chosen.style.name}.png`;
  const blob = await new Promise((resolve) => canvas.toBlob(resolve));
  if (picture && canvas === shown) offer(blob, name);
}

function report({ loaded, total, painting }) {
  say(painting ? "Painting…" : `Loading ${chosen.style.title}…`);
  showProgress(painting || !total ? null : loaded / total);
}

function summary({ width, height }, { backend, milliseconds }) {
  const seconds = (milliseconds / 1000).toFixed(milliseconds < 1000 ? 2 : 1);
  const where = backend === "webgpu" ? "WebGPU" : "WASM";
  return `Painted in ${seconds} s (${where}), ${width}\u00a0×\u00a0${height} pixels.`;
}

function credits() {
  const { credit, style } = chosen;
  const painting = style && [style.title, style.artist, style.year, style.rights].filter(Boolean).join(", ");
  return [credit && `Photograph: ${credit}.`, painting && `Painting: ${painting}.`].filter(Boolean).join(" ");
}

function busy(is) {
  find("stage").setAttribute("aria-busy", is);
  if (is) forget();
}

/** Once something else is chosen, the picture can neither get another look nor be downloaded. */
function forget() {
  picture = null;
  offer(null);
}

function offer(blob, name) {
  const link = find("download");
  URL.revokeObjectURL(link.href);
  if (blob) {
    Object.assign(link, { href: URL.createObjectURL(blob), download: name });
    link.removeAttribute("aria-disabled");
  } else {
    link.removeAttribute("href");
    link.setAttribute("aria-disabled", "true");
  }
}

async function open(blob, name, credit = "") {
  const number = ++latest;
  const photograph = await decode(await blob);
  if (number === latest) use(photograph, name, credit);
}

function use(photograph, name, credit = "") {
  closeWebcam();
  forget();
  compare.showPhotograph(photograph);
  choose({ photograph, name, credit });
}

function openExample({ name, title, author, rights }) {
  const blob = load(`photographs/${name}.jpg`, "blob");
  return open(blob, name, `${title}, ${author}, ${rights}`).catch((error) => {
    tick(find("examples"), -1);
    complain(error);
  });
}

function openFile(file) {
  if (!file) return;
  tick(find("examples"), -1);
  open(file, file.name.replace(/\.[^.]*$/, "")).catch(complain);
}

async function useWebcam() {
  const taken = (canvas) => {
    latest++;
    tick(find("examples"), -1);
    use(canvas, "camera");
  };
  if (!(await openWebcam(taken, () => say("")))) return;
  say("The camera is on.");
  find("stage").scrollIntoView({ block: "center" });
}

function listen() {
  onLook(showLook, offerLook);
  find("grain").addEventListener("change", ({ target }) => choose({ grain: target.checked ? GRAIN : 0 }));
  find("file").addEventListener("change", ({ target }) => {
    openFile(target.files[0]);
    target.value = ""; // the same file can be chosen again
  });
  find("open-webcam").addEventListener("click", () => useWebcam().catch(complain));
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    find("drop").hidden = false;
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) find("drop").hidden = true;
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    find("drop").hidden = true;
    openFile(event.dataTransfer.files[0]);
  });
}

async function load(address, kind = "json") {
  try {
    const response = await fetch(address);
    if (!response.ok) throw new Error(response.status);
    return await response[kind]();
  } catch (cause) {
    throw failure("load", `${address}: ${cause.message}`);
  }
}

function failure(kind, message = "") {
  return Object.assign(new Error(message), { kind });
}

const length = (side) => ({ title: `${side} pixels`, value: side });
const longerSide = ({ width, height }) => Math.max(width, height);
const example = (value) => ({ title: value.title, image: `photographs/thumbnails/${value.name}.jpg`, value });
const thumbnail = (value) => ({ title: value.title, detail: value.artist, image: value.thumbnail, value });
