// A photograph from the camera, shown live on the stage until it is taken.

import { fit } from "./photograph.js";

const box = document.getElementById("webcam");
const video = box.querySelector("video");
let stream = null;
let latest = 0; // number of the opening that was asked for last, or of the closing after it

/**
 * @param {(canvas: HTMLCanvasElement) => void} taken
 * @param {() => void} cancelled
 * @returns {Promise<boolean>} whether it is open; not if something else was chosen meanwhile
 * @throws {Error} of kind "webcam", with the `name` of the browser's error
 */
export async function openWebcam(taken, cancelled) {
  closeWebcam();
  const number = latest;
  try {
    if (!navigator.mediaDevices) throw Object.assign(new Error(), { name: "InsecureError" });
    const opened = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 960 } },
    });
    if (number !== latest) {
      stop(opened);
      return false;
    }
    stream = opened;
    video.srcObject = stream;
    await video.play();
  } catch (cause) {
    if (number !== latest) return false;
    closeWebcam();
    throw Object.assign(new Error(cause.message), { kind: "webcam", name: cause.name });
  }
  box.hidden = false;
  const capture = document.getElementById("capture");
  capture.onclick = () => {
    const canvas = mirrored(fit(video, video.videoWidth, video.videoHeight));
    closeWebcam();
    taken(canvas);
  };
  document.getElementById("cancel").onclick = () => {
    closeWebcam();
    cancelled();
  };
  capture.focus({ preventScroll: true });
  return true;
}

export function closeWebcam() {
  latest++;
  if (stream) stop(stream);
  stream = video.srcObject = null;
  box.hidden = true;
}

function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}

// As in a mirror, which is how it was shown.
function mirrored(canvas) {
  const result = canvas.cloneNode();
  const context = result.getContext("2d");
  context.scale(-1, 1);
  context.drawImage(canvas, -canvas.width, 0);
  return result;
}
