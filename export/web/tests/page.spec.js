import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@playwright/test";

const folder = mkdtempSync(join(tmpdir(), "tfstyle-"));
const PAINTED = /Painted in/;

test.beforeAll(() => {
  python("make", folder);
  writeFileSync(join(folder, "notes.jpg"), "No image.");
});

function python(...words) {
  const script = fileURLToPath(new URL("reference.py", import.meta.url));
  return execFileSync(process.env.PYTHON ?? "python", [script, ...words], { encoding: "utf8" });
}

async function open(page) {
  await page.goto("/");
  await expect(page.getByRole("status")).toHaveText("Choose a style.");
}

const chooseFile = (page, name) => page.locator("#file").setInputFiles(join(folder, name));
const chooseStyle = (page, title) => page.locator(".title", { hasText: title }).click();

const changeWorker = (page, change) =>
  page.route("**/worker.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: change(await response.text()) });
  });

async function painted(page) {
  await expect(page.getByRole("status")).toHaveText(PAINTED, { timeout: 90_000 });
}

async function similarity(page, name) {
  const waiting = page.waitForEvent("download");
  await page.getByText("Download").click();
  const download = await waiting;
  expect(download.suggestedFilename()).toBe(`photograph-${name}.png`);
  const picture = join(folder, `${name}.png`);
  await download.saveAs(picture);
  const result = JSON.parse(python("compare", "dist", name, join(folder, "photograph.png"), picture));
  test.info().annotations.push({ type: name, description: JSON.stringify(result) });
  console.log(name, result);
  return result.ssim;
}

test("paints as the Python runner does, without a word in the console", async ({ page }) => {
  const errors = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(error.message));
  await open(page);
  await chooseFile(page, "photograph.png");
  for (const [name, title] of [["mosaic", "Tesserae"], ["starry_night", "The Starry Night"]]) {
    await chooseStyle(page, title);
    await expect(page.getByRole("status")).toHaveText(/Preparing|Loading|Painting/);
    await expect(page.getByText("Download")).toHaveAttribute("aria-disabled", "true");
    await painted(page);
    expect(await similarity(page, name)).toBeGreaterThan(0.99);
  }
  expect(errors).toEqual([]);
});

test("paints as the Python runner does without relaxed SIMD", async ({ page }) => {
  const requests = [];
  page.on("request", (request) => requests.push(request.url()));
  // LiteRT.js asks by a module of a few bytes.
  const refuse = `const real = WebAssembly.instantiate;
    WebAssembly.instantiate = (bytes, ...rest) =>
      bytes.byteLength < 500 ? Promise.reject(new Error("no SIMD")) : real(bytes, ...rest);`;
  await changeWorker(page, (script) => refuse + script);
  await open(page);
  await chooseFile(page, "photograph.png");
  await chooseStyle(page, "Tesserae");
  await painted(page);
  expect(await similarity(page, "mosaic")).toBeGreaterThan(0.99);
  expect(requests.filter((address) => address.includes("_compat_"))).not.toEqual([]);
});

test("paints on WebGPU as the Python runner does", async ({ browser }) => {
  test.skip(!process.env.WEBGPU, "slow where the processor imitates a GPU: WEBGPU=1 npm test");
  test.setTimeout(600_000);
  const args = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"];
  const other = await browser.browserType().launch({ executablePath: process.env.CHROMIUM, args });
  const page = await other.newPage({ baseURL: test.info().project.use.baseURL });
  // The page itself refuses imitated GPUs.
  await changeWorker(page, (script) => script.replace("isFallbackAdapter", "no"));
  await open(page);
  await chooseFile(page, "photograph.png");
  await chooseStyle(page, "Tesserae");
  await expect(page.getByRole("status")).toHaveText(/WebGPU/, { timeout: 500_000 });
  expect(await similarity(page, "mosaic")).toBeGreaterThan(0.99);
  await other.close();
});

test("the divider moves by keyboard and says where it is", async ({ page }) => {
  await open(page);
  await chooseStyle(page, "Tesserae");
  await painted(page);
  const divider = page.getByRole("slider", { name: "Compare" });
  await divider.focus();
  await page.keyboard.press("ArrowRight");
  await expect(divider).toHaveAttribute("aria-valuetext", "51 % photograph");
  await page.keyboard.press("Home");
  await expect(page.locator("#after")).toHaveCSS("clip-path", "inset(0px 0px 0px 0%)");
});

test("a picture has the strength and the colours that are chosen", async ({ page }) => {
  await open(page);
  await chooseFile(page, "photograph.png");
  await chooseStyle(page, "Tesserae");
  await painted(page);
  const [painting, chroma] = await page.evaluate(differences);
  expect(painting).toBeGreaterThan(20);
  await page.getByLabel("The photograph's colours").check();
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
  await expect(page.getByText("Download")).not.toHaveAttribute("aria-disabled");
  expect(await page.evaluate(offeredIsShown)).toBe(true);
  await strength.fill("100"); // the next picture has it too
  await chooseStyle(page, "The Starry Night");
  await painted(page);
  expect((await page.evaluate(differences))[1]).toBeLessThan(chroma / 2);
});

// Runs in the page: mean differences of the two canvases' pixels, and of their red minus green.
function differences() {
  const [before, after] = ["before", "after"].map((id) => {
    const canvas = document.getElementById(id);
    return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  });
  let pixels = 0;
  let colours = 0;
  for (let i = 0; i < before.length; i += 4) {
    const [red, green, blue] = [0, 1, 2].map((channel) => after[i + channel] - before[i + channel]);
    pixels += (Math.abs(red) + Math.abs(green) + Math.abs(blue)) / 3;
    colours += Math.abs(red - green);
  }
  return [(4 * pixels) / before.length, (4 * colours) / before.length];
}

// Runs in the page: whether the file to download is the picture on show.
async function offeredIsShown() {
  const answer = await fetch(document.getElementById("download").href);
  const after = document.getElementById("after");
  const canvas = Object.assign(document.createElement("canvas"), { width: after.width, height: after.height });
  canvas.getContext("2d").drawImage(await createImageBitmap(await answer.blob()), 0, 0);
  return canvas.toDataURL() === after.toDataURL();
}

test("grain is painted anew, the same each time", async ({ page }) => {
  const picture = () => page.evaluate(() => document.getElementById("after").toDataURL());
  await open(page);
  await chooseFile(page, "photograph.png");
  await chooseStyle(page, "Tesserae");
  await painted(page);
  const plain = await picture();
  const grain = page.getByLabel("Strokes in flat areas");
  await grain.check();
  await expect(page.getByText("Download")).toHaveAttribute("aria-disabled", "true");
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

test("styles are chosen by keyboard", async ({ page }) => {
  await open(page);
  const [, second] = JSON.parse(readFileSync("dist/styles.json", "utf8"));
  const choices = page.locator("#styles").getByRole("radio");
  await choices.first().focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("ArrowRight");
  await expect(choices.nth(1)).toBeChecked();
  await painted(page);
  await expect(page.locator("#credit")).toContainText(second.artist);
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
  await chooseStyle(page, "Tesserae");
  await page.getByRole("button", { name: "Use the camera" }).click();
  await page.getByRole("button", { name: "Take the photograph" }).click();
  await painted(page);
  await expect(page.locator("#webcam")).toBeHidden();
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
  const button = page.getByRole("button", { name: "Use the camera" });
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

test("nothing is wider than a phone", async ({ page }) => {
  for (const width of [320, 390]) {
    await page.setViewportSize({ width, height: 844 });
    await open(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
  }
});

test("nothing comes from other hosts", async ({ page, baseURL }) => {
  const addresses = [];
  page.on("request", (request) => addresses.push(request.url()));
  await open(page);
  await chooseStyle(page, "Tesserae");
  await painted(page);
  const elsewhere = addresses.filter((address) => !/^(blob|data):/.test(address) && !address.startsWith(baseURL));
  expect(elsewhere).toEqual([]);
});

test.describe("says in clear words that", () => {
  const alert = (page) => page.getByRole("alert");

  test("a file is no image", async ({ page }) => {
    await open(page);
    await chooseFile(page, "notes.jpg");
    await expect(alert(page)).toContainText("not an image");
  });

  test("the camera was refused", async ({ page }) => {
    await page.addInitScript(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"));
    });
    await open(page);
    await page.getByRole("button", { name: "Use the camera" }).click();
    await expect(alert(page)).toContainText("camera was refused");
  });

  test("a style does not load, and loads when chosen again", async ({ page }) => {
    await page.route("**/*.tflite", (route) => route.fulfill({ status: 404 }));
    await open(page);
    await chooseStyle(page, "Tesserae");
    await expect(alert(page)).toContainText(/does not load: styles\/mosaic-\w+\.tflite: 404/);
    await page.unroute("**/*.tflite");
    await chooseStyle(page, "Tesserae");
    await painted(page);
    await expect(alert(page)).toBeHidden();
  });

  test("the connection is lost", async ({ page, context }) => {
    await open(page);
    await context.setOffline(true);
    await chooseStyle(page, "Tesserae");
    await expect(alert(page)).toContainText("Check the connection");
  });

  test("the list of styles is missing", async ({ page }) => {
    await page.route("**/styles.json", (route) => route.fulfill({ status: 404 }));
    await page.goto("/");
    await expect(alert(page)).toContainText("does not load: styles.json: 404");
  });

  test("the engine does not start", async ({ page }) => {
    await page.route("**/wasm/*.js", (route) => route.abort());
    await open(page);
    await chooseStyle(page, "Tesserae");
    await expect(alert(page)).toContainText("engine does not start");
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
});
