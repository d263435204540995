// What people do with the page: compare, choose a look, use the keyboard, the camera, save and share.

import { expect, test } from "@playwright/test";
import { chooseFile, chooseStyle, index, makePhotographs, open, painted, save, status } from "./support.js";

test.beforeAll(makePhotographs);

test("a painted picture is there before anything is loaded to paint with", async ({ page }) => {
  await page.route("**/*.wasm.gz", () => {}); // it never comes
  await page.goto("/");
  await expect(page.locator("#after")).toBeVisible();
  await expect(page.locator("#styles .choice").first().getByRole("radio")).toBeChecked();
  await expect(save(page)).not.toHaveAttribute("aria-disabled");
  expect((await page.evaluate(differences))[0]).toBeGreaterThan(20);
  // And so is that of each other style.
  await chooseStyle(page, "Tesserae");
  await expect(save(page)).toHaveAttribute("download", "lake-mosaic.png");
});

test("with data saving on nothing large is loaded until it is asked for", async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(navigator, "connection", { value: { saveData: true } });
  });
  const large = [];
  page.on("request", (request) => /wasm\.gz|tflite/.test(request.url()) && large.push(request.url()));
  await page.goto("/");
  await expect(status(page)).toHaveText(/Choose a photograph/);
  await page.waitForLoadState("networkidle");
  expect(large).toEqual([]);
  await chooseFile(page, "photograph.png");
  await painted(page);
  expect(large.length).toBe(2);
});

test("the divider moves by keyboard and says where it is", async ({ page }) => {
  await open(page);
  const divider = page.getByRole("slider", { name: "Compare" });
  await divider.focus();
  await page.keyboard.press("ArrowRight");
  await expect(divider).toHaveAttribute("aria-valuetext", "19 % photograph");
  await page.keyboard.press("Home");
  await expect(page.locator("#after")).toHaveCSS("clip-path", "inset(0px 0px 0px 0%)");
});

test("the keyboard goes as the eye does: photograph, style, picture, options, save", async ({ page }) => {
  await open(page);
  const expected = ["file", "open-webcam", "example", ...(index.trunk ? ["mode"] : []), "style", "divider"];
  expected.push("strength", "keep-colors", "grain", "side", "download");
  for (const name of expected) {
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement.id || document.activeElement.name)).toBe(name);
  }
});

test("styles are chosen by keyboard", async ({ page }) => {
  await open(page);
  const choices = page.locator("#styles").getByRole("radio");
  await choices.first().focus();
  await page.keyboard.press("ArrowRight");
  await expect(choices.nth(1)).toBeChecked();
  await painted(page);
  const second = index.styles.find(({ name }) => name !== "starry_night"); // which is the first one shown
  await expect(page.locator("#credit")).toContainText(second.title);
});

test("a picture has the strength and the colours that are chosen", async ({ page }) => {
  await open(page);
  await chooseFile(page, "photograph.png");
  await chooseStyle(page, "Tesserae");
  await painted(page);
  const [painting, chroma] = await page.evaluate(differences);
  expect(painting).toBeGreaterThan(20);
  await page.getByLabel("Original colours").check();
  const [recoloured, kept] = await page.evaluate(differences);
  expect(recoloured).toBeGreaterThan(20);
  expect(kept).toBeLessThan(chroma / 2); // what is clipped has other colours
  const strength = page.getByLabel("Strength");
  await strength.fill("50");
  await expect(strength).toHaveAttribute("aria-valuetext", "50 %");
  const [half] = await page.evaluate(differences);
  expect(Math.abs(half - recoloured / 2)).toBeLessThan(1);
  await strength.fill("0");
  expect((await page.evaluate(differences))[0]).toBeLessThan(1);
  await expect(save(page)).not.toHaveAttribute("aria-disabled");
  expect(await page.evaluate(offeredIsShown)).toBe(true);
  await strength.fill("100"); // the next picture has it too
  await chooseStyle(page, "The Starry Night");
  await painted(page);
  expect((await page.evaluate(differences))[1]).toBeLessThan(chroma / 2);
});

test("grain is painted anew, the same each time", async ({ page }) => {
  const picture = () => page.evaluate(() => document.getElementById("after").toDataURL());
  await open(page);
  await chooseFile(page, "photograph.png");
  await painted(page);
  const plain = await picture();
  const grain = page.getByLabel("Fill flat areas");
  await grain.check();
  await expect(save(page)).toHaveAttribute("aria-disabled", "true");
  await painted(page);
  const grained = await picture();
  expect(grained).not.toBe(plain);
  await grain.uncheck();
  await painted(page);
  expect(await picture()).toBe(plain);
  await grain.check();
  await painted(page);
  expect(await picture()).toBe(grained);
});

test("a picture is saved at the size that is chosen, and the page says how it was scaled", async ({ page }) => {
  await open(page);
  await chooseFile(page, "large.jpg");
  await painted(page);
  await expect(status(page)).toContainText("512\u202f×\u202f341 pixels, scaled down from 6000\u202f×\u202f4000");
  await page.locator("#sides .choice", { hasText: "768" }).click();
  await painted(page);
  await expect(status(page)).toContainText("768\u202f×\u202f512 pixels, scaled down");
  expect(await page.evaluate(offeredIsShown)).toBe(true);
  await chooseFile(page, "photograph.png");
  await painted(page);
  await expect(status(page)).not.toContainText("scaled");
});

test("a picture is shared as a file", async ({ page }) => {
  await page.addInitScript(() => {
    navigator.canShare = ({ files }) => files.length === 1;
    navigator.share = async ({ files: [{ name, type, size }] }) => (window.shared = { name, type, size });
  });
  await open(page);
  await page.getByRole("button", { name: "Share" }).click();
  const shared = await page.evaluate(() => window.shared);
  expect(shared).toMatchObject({ name: "lake-starry_night.png", type: "image/png" });
  expect(shared.size).toBeGreaterThan(10_000);
});

test("photographs are turned by EXIF and scaled down", async ({ page }) => {
  await open(page);
  const size = () => page.locator("#before").evaluate(({ width, height }) => [width, height]);
  await chooseFile(page, "turned.jpg");
  await expect.poll(size).toEqual([341, 512]);
  await chooseFile(page, "large.jpg");
  await expect.poll(size).toEqual([1600, 1067]);
});

test("a photograph from the camera is painted", async ({ page }) => {
  await open(page);
  await page.getByRole("button", { name: "Camera" }).click();
  await page.getByRole("button", { name: "Take the photograph" }).click();
  await painted(page);
  await expect(page.locator("#webcam")).toBeHidden();
  await expect(save(page)).toHaveAttribute("download", "camera-starry_night.png");
});

test("the camera is off again, however often it was asked for", async ({ page }) => {
  await page.addInitScript(() => {
    window.streams = [];
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wishes) => {
      const stream = await ask(wishes);
      window.streams.push(stream);
      await new Promise((resolve) => setTimeout(resolve, 300)); // as long as people take
      return stream;
    };
  });
  await open(page);
  const button = page.getByRole("button", { name: "Camera" });
  await button.click();
  await button.click();
  await page.getByRole("button", { name: "Take the photograph" }).click();
  await expect(page.locator("#webcam")).toBeHidden();
  // And a photograph that comes while the browser asks for leave is preferred.
  await button.click();
  await chooseFile(page, "turned.jpg");
  await expect.poll(() => page.evaluate(() => window.streams.length)).toBe(3);
  const live = () =>
    window.streams.filter((stream) => stream.getTracks().some((track) => track.readyState === "live"));
  await expect.poll(() => page.evaluate(`(${live})().length`)).toBe(0);
  await expect(page.locator("#webcam")).toBeHidden();
  await expect(page.getByRole("alert")).toBeHidden();
});

// Runs in the page: mean differences of the two canvases' pixels, and of their red minus green.
function differences() {
  const after = document.getElementById("after");
  const { width, height } = after;
  const [before, painted] = ["before", "after"].map((id) => {
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d");
    context.drawImage(document.getElementById(id), 0, 0, width, height);
    return context.getImageData(0, 0, width, height).data;
  });
  let pixels = 0;
  let colours = 0;
  for (let i = 0; i < before.length; i += 4) {
    const [red, green, blue] = [0, 1, 2].map((channel) => painted[i + channel] - before[i + channel]);
    pixels += (Math.abs(red) + Math.abs(green) + Math.abs(blue)) / 3;
    colours += Math.abs(red - green);
  }
  return [(4 * pixels) / before.length, (4 * colours) / before.length];
}

// Runs in the page: whether the file to save is the picture on show.
async function offeredIsShown() {
  const answer = await fetch(document.getElementById("download").href);
  const after = document.getElementById("after");
  const canvas = Object.assign(document.createElement("canvas"), { width: after.width, height: after.height });
  canvas.getContext("2d").drawImage(await createImageBitmap(await answer.blob()), 0, 0);
  return canvas.toDataURL() === after.toDataURL();
}
