// Whether the page trusts a GPU. One is simulated by WASM: what it paints can be made wrong.

import { expect, test } from "@playwright/test";
import { chooseFile, chooseStyle, inWorker, makePhotographs, open, painted, similarity, status } from "./support.js";

test.beforeAll(makePhotographs);

/**
 * A GPU in the worker: models that are asked for on WebGPU run on WASM.
 *
 * @param {string} wrong JavaScript expression of `run`, the number of a model's picture, and `pixels`:
 *   the pixels as the GPU gives them
 */
const simulated = (wrong) => `
  const load = self.importScripts.bind(self);
  self.importScripts = (...addresses) => {
    load(...addresses);
    if (!addresses[0].endsWith("litert.js")) return;
    const real = self.LiteRt;
    const compile = async (bytes, options) => {
      const model = await real.loadAndCompile(bytes, { accelerator: "wasm" });
      if (options.accelerator !== "webgpu") return model;
      let run = 0;
      return {
        options,
        isFullyAccelerated: true,
        delete: () => model.delete(),
        run: async (inputs) => {
          const { stylized } = await model.run(inputs);
          const pixels = (await stylized.data()).slice();
          run++;
          return { stylized: { data: async () => ${wrong}, delete: () => stylized.delete() } };
        },
      };
    };
    const own = { getWebGpuDevice: () => ({ adapterInfo: {} }), loadAndCompile: compile };
    self.LiteRt = new Proxy({}, { get: (_, name) => own[name] ?? real[name] });
  };`;

async function paint(page) {
  await open(page);
  await chooseFile(page, "photograph.png");
  await chooseStyle(page, "Tesserae");
  await painted(page);
}

test("a GPU that paints well is used", async ({ page }) => {
  await inWorker(page, simulated("pixels"));
  await paint(page);
  await expect(status(page)).toHaveText(/on WebGPU\./);
});

for (const [name, wrong] of [
  ["from the first picture on", "pixels.map((value) => 1 - value)"],
  ["from the second picture on", "run < 2 ? pixels : pixels.fill(0)"],
  ["in a part of it", "pixels.fill(0, pixels.length / 2)"],
  ["as no numbers", "pixels.fill(NaN)"],
]) {
  test(`a GPU that paints wrongly ${name} is left for WASM, and the page says so`, async ({ page }) => {
    await inWorker(page, simulated(wrong));
    await paint(page);
    await expect(status(page)).toHaveText(/WebGPU paints wrongly here and is not used/);
    await expect(page.getByRole("alert")).toBeHidden();
    expect(await similarity(page, "mosaic")).toBeGreaterThan(0.99);
  });
}

test("paints on WebGPU as the Python runner does", async ({ browser }) => {
  test.skip(!process.env.WEBGPU, "slow where the processor imitates a GPU: WEBGPU=1 npm test");
  test.setTimeout(900_000);
  const args = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"];
  const { executablePath } = test.info().project.use.launchOptions;
  const other = await browser.browserType().launch({ executablePath, args });
  const page = await other.newPage({ baseURL: test.info().project.use.baseURL, serviceWorkers: "block" });
  // The page itself refuses imitated GPUs.
  await page.route("**/engine.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replace("isFallbackAdapter", "no") });
  });
  await page.goto("/");
  await chooseFile(page, "photograph.png");
  await chooseStyle(page, "Tesserae");
  await expect(status(page)).toHaveText(/on WebGPU/, { timeout: 800_000 });
  expect(await similarity(page, "mosaic")).toBeGreaterThan(0.99);
  await other.close();
});
