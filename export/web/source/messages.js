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

const ERRORS = {
  image: () => "This file is not an image that the browser can read. Choose a JPEG, PNG or WebP.",
  webcam: ({ name, message }) => WEBCAM[name] ?? `The camera does not start: ${message}.`,
  load: ({ message }) =>
    `A part of the page does not load: ${message}. ` +
    "Check the connection and choose again, or reload the page.",
  engine: ({ message }) => `The engine does not start in this browser: ${message}. Try a newer one.`,
  run: ({ message }) => `The picture could not be painted: ${message}. Try the smaller size.`,
  wasm: () =>
    "This browser has neither WebGPU nor WebAssembly, and painting needs one. Try a newer browser.",
  local: () =>
    "Opened as a file, the page cannot load its styles. In its folder run “python -m http.server” " +
    "and open http://localhost:8000.",
};

/** Says what is going on; takes an older error away. */
export function say(text) {
  if (status.textContent !== text) status.textContent = text;
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
