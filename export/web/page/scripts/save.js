// The picture as a file: saved, or shared with other programs of the device.

const link = document.getElementById("download");
const button = document.getElementById("share");
let file = null;

button.hidden = !canShare(new File([], "picture.png", { type: "image/png" }));
button.addEventListener("click", async () => {
  try {
    await navigator.share({ files: [file] });
  } catch (error) {
    if (error.name !== "AbortError") link.click(); // refused: it can still be saved
  }
});
link.addEventListener("click", (event) => file || event.preventDefault());

/** Offers a picture to be saved; null takes the offer back. */
export function offer(blob, name) {
  URL.revokeObjectURL(link.href);
  file = blob && new File([blob], name, { type: blob.type });
  button.disabled = !file;
  if (blob) {
    Object.assign(link, { href: URL.createObjectURL(blob), download: name });
    link.removeAttribute("aria-disabled");
  } else {
    link.removeAttribute("href");
    link.setAttribute("aria-disabled", "true");
  }
}

function canShare(example) {
  return Boolean(navigator.canShare?.({ files: [example] }));
}
