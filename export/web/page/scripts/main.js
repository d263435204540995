// The page: a photograph and a style; whenever one changes, it is painted anew.

import { addChoices, tick, ticked } from "./choices.js";
import { Compare } from "./compare.js";
import { forgetOthers, keep } from "./files.js";
import { onLook, withLook } from "./look.js";
import { complain, say, showProgress } from "./messages.js";
import { Painter } from "./painter.js";
import { decode, sizeFor, toCanvas, toPixels } from "./photograph.js";
import { offer } from "./save.js";
import { addresses, Styles } from "./styles.js";
import { Thumbnails } from "./thumbnails.js";
import { closeWebcam, openWebcam } from "./webcam.js";

const find = (id) => document.getElementById(id);
const SIDES = [512, 768, 1024, 1536]; // pixels of the longer side
const GRAIN = 0.02; // that of `Style.stylize`; more shows as noise
const compare = new Compare();
const painter = new Painter(report);
const thumbnails = new Thumbnails(painter);
const saving = navigator.connection?.saveData === true;
const chosen = { photograph: null, name: "", credit: "", isFirst: false, style: null, side: SIDES[0], grain: 0 };
let index; // styles.json
let styles; // what is shown of it
let picture = null; // as painted; none while it is not that of what is chosen
let shown = null; // the picture with its look
let latest = 0; // number of the photograph that was asked for last
let turns = 0; // number of the picture that was asked for last

start().catch(complain);

async function start() {
  if (typeof WebAssembly !== "object") throw failure("wasm"); // LiteRT.js itself is WASM, on WebGPU too
  listen();
  // The page paints without it, too; it loads a megabyte for visits without a network.
  if (!saving) navigator.serviceWorker?.register("service-worker.js").catch(() => {});
  const photographs = await load("photographs/photographs.json");
  index = await load("styles.json");
  const examples = photographs.map(example);
  addChoices(find("examples"), "example", examples, openExample);
  styles = new Styles(index, thumbnails, (style) => choose({ style }));
  addChoices(find("sides"), "side", SIDES.map(length), (side) => choose({ side }));
  tick(find("examples"), 0);
  tick(find("sides"), 0);
  chosen.style = styles.first();
  await openExample(examples[0].value);
  await keepAll();
}

function choose(choice) {
  Object.assign(chosen, choice);
  find("credit").textContent = credits();
  if (!chosen.photograph) return;
  if (chosen.style) paint().catch(complain);
  else say("Choose a style.");
}

async function paint() {
  const { photograph, style, side, grain, isFirst } = chosen;
  const turn = ++turns;
  const size = sizeFor(photograph, side, style.job.style);
  const { width, height } = size;
  busy(true);
  try {
    // The first example is painted already: it is shown while the painter loads.
    if (isFirst && style.sample && side === index.side && !grain && (await showSample(style, turn)) && saving) {
      return say("Choose a photograph or a style to paint here.");
    }
    if (turn !== turns) return;
    say(picture ? "Painted. Getting ready to paint here…" : `Painting ${style.title}…`);
    const pixels = toPixels(photograph, size, grain);
    const result = await painter.paint({ ...style.job, width, height, pixels });
    if (!result || turn !== turns) return; // something else has been chosen
    await show(toCanvas(result.pixels, size), turn);
    if (turn !== turns) return;
    say(...summary(picture, result));
  } catch (error) {
    if (turn !== turns) return;
    busy(false);
    chosen.style = null;
    styles.forget(); // so that it can be chosen again
    throw error;
  }
}

async function showSample(style, turn) {
  try {
    const canvas = await decode(await load(style.sample, "blob"));
    if (turn !== turns) return false;
    await show(canvas, turn);
    return true;
  } catch {
    return false; // it is painted here
  }
}

async function show(canvas, turn) {
  picture = canvas;
  showLook();
  await offerLook();
  if (turn === turns) busy(false);
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
  if (painting) return picture || say(`Painting ${chosen.style.title}…`);
  say(picture ? "Painted. Getting ready to paint here…" : `Loading ${chosen.style.title}…`);
  showProgress(total ? loaded / total : null);
}

/** The size, and beside it the time. */
function summary({ width, height }, { backend, doubt, milliseconds }) {
  const seconds = (milliseconds / 1000).toFixed(milliseconds < 1000 ? 2 : 1);
  const where = backend === "webgpu" ? " on WebGPU" : "";
  const why = doubt ? " WebGPU paints wrongly here and is not used." : "";
  const { original = chosen.photograph } = chosen.photograph;
  const scaled = original.width > width || original.height > height;
  const of = scaled ? `, scaled down from ${numbers(original)}` : "";
  return [`${numbers({ width, height })} pixels${of}.${why}`, `Painted in ${seconds}\u00a0s${where}. `];
}

function credits() {
  const { credit, style } = chosen;
  const painting = (each) => [each.title, each.artist, each.year, each.rights].filter(Boolean).join(", ");
  const paintings = style && `Painting: ${style.styles.map(painting).join("; ")}.`;
  return [credit && `Photograph: ${credit}.`, paintings].filter(Boolean).join(" ");
}

function busy(is) {
  find("stage").setAttribute("aria-busy", is);
  if (!is) return;
  // Once something else is chosen, the picture can neither get another look nor be saved.
  picture = null;
  offer(null);
}

async function open(blob, name, credit = "", isFirst = false) {
  const number = ++latest;
  const photograph = await decode(await blob);
  if (number === latest) use(photograph, name, credit, isFirst);
}

function use(photograph, name, credit = "", isFirst = false) {
  closeWebcam();
  busy(true);
  compare.showPhotograph(photograph);
  choose({ photograph, name, credit, isFirst });
  thumbnails.show(saving ? null : photograph, isFirst);
}

function openExample({ name, title, author, rights, isFirst }) {
  const blob = load(`photographs/${name}.jpg`, "blob");
  return open(blob, name, `${title}, ${author}, ${rights}`, isFirst).catch((error) => {
    tick(find("examples"), -1);
    complain(error);
  });
}

function openFile(file) {
  if (!file) return;
  const before = ticked(find("examples"));
  tick(find("examples"), -1);
  open(file, file.name.replace(/\.[^.]*$/, "")).catch((error) => {
    tick(find("examples"), before); // it is still the one on show
    complain(error);
  });
}

async function useWebcam() {
  const taken = (canvas) => {
    latest++;
    tick(find("examples"), -1);
    use(canvas, "camera");
  };
  if (!(await openWebcam(taken, () => say("")))) return;
  say("The camera is on.");
  find("stage").scrollIntoView({ block: "nearest" });
}

/** Keeps what the page needs without a network, once there is nothing else to load. */
async function keepAll() {
  const { pictures, files, checks } = addresses(index);
  await forgetOthers([...pictures, ...files, ...checks]);
  if (saving) return;
  await keep(pictures);
  for (const file of files) {
    while ((await painter.later({ fetch: file }).catch(() => true)) === null); // thumbnails go first
  }
  document.documentElement.dataset.kept = ""; // for tests
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

const numbers = ({ width, height }) => `${width}\u202f×\u202f${height}`;
const length = (side) => ({ title: `${side}`, value: side });
const example = (value, i) => ({
  title: value.title,
  image: `photographs/thumbnails/${value.name}.jpg`,
  value: { ...value, isFirst: i === 0 },
});
