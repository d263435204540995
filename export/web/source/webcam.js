// A photograph from the camera, shown live on the stage until it is taken.

import { fit } from "./photograph.js";

const box = document.getElementById("webcam");
const video = box.querySelector("video");
let stream = null;

/**
 * @param {(canvas: HTMLCanvasElement) => void} taken
 * @param {() => void} cancelled
 * @throws {Error} of kind "webcam", with the `name` of the browser's error
 */
export async function openWebcam(taken, cancelled) {
  closeWebcam();
  try {
    if (!navigator.mediaDevices) throw Object.assign(new Error(), { name: "InsecureError" });
    stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 960 } },
    });
    video.srcObject = stream;
    await video.play();
  } catch (cause) {
    closeWebcam();
    throw Object.assign(new Error(cause.message), { kind: "webcam", name: cause.name });
  }
  box.hidden = false;
  const capture = document.getElementById("capture");
  capture.onclick = () => {
    const canvas = mirrored(fit(video, video.videoWidth, video.videoHeight, 1600));
    closeWebcam();
    taken(canvas);
  };
  document.getElementById("cancel").onclick = () => {
    closeWebcam();
    cancelled();
  };
  capture.focus({ preventScroll: true });
}

export function closeWebcam() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = video.srcObject = null;
  box.hidden = true;
}

// As in a mirror, which is how it was shown.
function mirrored(canvas) {
  const result = canvas.cloneNode();
  const context = result.getContext("2d");
  context.scale(-1, 1);
  context.drawImage(canvas, -canvas.width, 0);
  return result;
}
