// What the page says, and where: one line of state, one of errors.

const status = document.getElementById("status");
const error = document.getElementById("error");
const progress = document.getElementById("progress");

const WEBCAM = {
  InsecureError: "The camera needs a page on https or localhost. Choose a file instead.",
  NotAllowedError: "The camera was refused. Allow it in the browser's settings, or choose a file.",
  NotFoundError: "This device has no camera. Choose a file instead.",
  NotReadableError: "The camera is in use by another program. Close that, or choose a file.",
};

const FORMATS = {
  heic: () =>
    "This is a HEIC photograph, which this browser cannot read. Save it as JPEG first: on a Mac with " +
    "Preview, on Windows with Photos. An iPhone takes JPEG with Settings, Camera, Formats, Most Compatible.",
  avif: () => "This is an AVIF image that this browser cannot read. Save it as JPEG, PNG or WebP first.",
  tiff: () =>
    "This is a TIFF or a camera’s raw file, which browsers cannot read. Save it as JPEG, PNG or WebP first.",
  video: () => "This is a video. Choose a photograph; the program tfstyle paints videos.",
  pdf: () => "This is a PDF. Save the photograph in it as JPEG, PNG or WebP first.",
  svg: () => "This is an SVG drawing. Save it as PNG first.",
  empty: () => "This file is empty. It may not have been copied to its end.",
  unknown: () => "This file is not an image that the browser can read. Choose a JPEG, PNG or WebP.",
};

const ERRORS = {
  image: ({ format }) => FORMATS[format](),
  webcam: ({ name, message }) => WEBCAM[name] ?? `The camera does not start: ${message}.`,
  load: ({ message }) =>
    `A part of the page does not load: ${message}. ` +
    "Check the connection and choose again, or reload the page.",
  engine: ({ message }) => `The painter does not start in this browser: ${message}. Try a newer one.`,
  run: ({ message }) => `The picture could not be painted: ${message}. Try a smaller size.`,
  wasm: () =>
    "This browser has neither WebGPU nor WebAssembly, and painting needs one. Try a newer browser.",
};

/** Says what is going on, `aside` where there is place for it; takes an older error away. */
export function say(text, aside = "") {
  const words = Object.assign(document.createElement("span"), { className: "seconds", textContent: aside });
  if (status.textContent !== aside + text) status.replaceChildren(words, text);
  status.hidden = false;
  error.hidden = true;
  progress.hidden = true;
}

/** Shows how much has been loaded, from 0 to 1; a moving bar if that is not known. */
export function showProgress(share) {
  progress.hidden = false;
  if (share === null) progress.removeAttribute("value");
  else progress.value = share;
}

/** Says what went wrong, and what helps. */
export function complain(cause) {
  const known = ERRORS[cause.kind];
  error.textContent = known ? known(cause) : `Something went wrong: ${cause.message}.`;
  error.hidden = false;
  status.hidden = progress.hidden = true;
}
