// What the page says when something goes wrong, and that it can be tried again.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { chooseFile, chooseStyle, folder, makePhotographs, open, painted } from "./support.js";

test.beforeAll(makePhotographs);

const alert = (page) => page.getByRole("alert");

const boxed = (brand) => Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from(`ftyp${brand}`), Buffer.alloc(64)]);
const FILES = {
  "photo.heic": [boxed("heic"), "HEIC photograph"],
  "renamed.jpg": [boxed("mif1"), "HEIC photograph"],
  "video.mp4": [boxed("isom"), "This is a video"],
  "raw.dng": [Buffer.concat([Buffer.from("II*\0"), Buffer.alloc(64)]), "camera’s raw file"],
  "pages.pdf": [Buffer.from("%PDF-1.7"), "This is a PDF"],
  "drawing.svg": [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"></svg>'), "SVG drawing"],
  "empty.jpg": [Buffer.alloc(0), "is empty"],
  "notes.jpg": [Buffer.from("No image."), "not an image"],
};

test("a file is of a kind that browsers cannot read", async ({ page }) => {
  await open(page);
  for (const [name, [bytes, words]] of Object.entries(FILES)) {
    writeFileSync(join(folder, name), bytes);
    await chooseFile(page, name);
    await expect(alert(page), name).toContainText(words);
  }
  // What was there is still chosen, and can be painted.
  await expect(page.locator("#examples").getByRole("radio").first()).toBeChecked();
  await chooseStyle(page, "Tesserae");
  await painted(page);
  await expect(alert(page)).toBeHidden();
});

test("the camera was refused", async ({ page }) => {
  await page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"));
  });
  await open(page);
  await page.getByRole("button", { name: "Camera" }).click();
  await expect(alert(page)).toContainText("camera was refused");
});

test("a style does not load, and loads when chosen again", async ({ page }) => {
  await page.route("**/mosaic-*.tflite", (route) => route.fulfill({ status: 404 }));
  await open(page);
  await chooseStyle(page, "Tesserae");
  await expect(alert(page)).toContainText(/does not load: styles\/mosaic-\w+\.tflite: 404/);
  await page.unroute("**/mosaic-*.tflite");
  await chooseStyle(page, "Tesserae");
  await painted(page);
  await expect(alert(page)).toBeHidden();
});

test("the connection is lost", async ({ page }) => {
  await page.route("**/mosaic-*.tflite", (route) => route.abort());
  await open(page);
  await chooseStyle(page, "Tesserae");
  await expect(alert(page)).toContainText("Check the connection");
});

test("the list of styles is missing", async ({ page }) => {
  await page.route("**/styles.json", (route) => route.fulfill({ status: 404 }));
  await page.goto("/");
  await expect(alert(page)).toContainText("does not load: styles.json: 404");
});

test("the painter does not start", async ({ page }) => {
  await page.route("**/litert_wasm*.js", (route) => route.abort());
  await page.goto("/");
  await expect(alert(page)).toContainText("painter does not start");
});

test("there is neither WebGPU nor WebAssembly", async ({ page }) => {
  await page.addInitScript(() => delete globalThis.WebAssembly);
  await page.goto("/");
  await expect(alert(page)).toContainText("neither WebGPU nor WebAssembly");
});

test("the page was opened as a file", async ({ page }) => {
  await page.goto(new URL("../dist/index.html", import.meta.url).href);
  await expect(alert(page)).toContainText("python -m http.server");
});
