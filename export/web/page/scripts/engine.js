// Loads styles and runs them with LiteRT.js.
//
// Asked: { number, engine, style, blend, width, height, pixels: Float32Array RGB in [0, 1], thumbnail }.
// Answers, each with the number: { loaded, total } in bytes while it loads; { painting: true };
// at last { pixels, backend, doubt, milliseconds } or { error, reason }.

import { blended, noise, resized } from "./bytes.js";
import { download } from "./files.js";
import { isWrong } from "./golden.js";

const files = new Map(); // by address: Uint8Array of a file
const models = { picture: null, thumbnail: null }; // WASM memory never shrinks: keep two at a time
const checked = new Set(); // addresses of styles that the GPU paints well
let started;
let gpu = true; // until it fails
let doubt = false; // whether the GPU painted wrongly

export async function answer(job) {
  const say = (words, transfer = []) => self.postMessage({ number: job.number, ...words }, { transfer });
  try {
    const progress = (loaded, total) => say({ loaded, total });
    if (job.fetch) {
      await fetched(job.fetch);
      return say({ fetched: job.fetch });
    }
    const model = await prepare(job, progress);
    say({ painting: true });
    const start = performance.now();
    const { pixels, backend } = await run(model, job);
    const milliseconds = performance.now() - start;
    say({ pixels, backend, doubt, milliseconds }, [pixels.buffer]);
  } catch (error) {
    say({ error: error.kind ?? "run", reason: error.message ?? String(error) });
  }
}

async function prepare(job, progress) {
  const { style, blend, width, height } = job;
  const slot = job.thumbnail ? "thumbnail" : "picture";
  const key = JSON.stringify([style.file, blend, width, height]);
  if (models[slot]?.key === key) return models[slot];
  await (started ??= start(job.engine, progress).catch((error) => {
    started = undefined; // so that it can be tried again
    throw error;
  }));
  let bytes = resized(await fetched(style.file, progress), style.shapes, [height, width]);
  if (blend) {
    const parts = await Promise.all(blend.map(({ values }) => fetched(values, progress)));
    bytes = blended(bytes, style.ranges, parts, blend.map(({ weight }) => weight));
  }
  models[slot]?.model.delete();
  models[slot] = null;
  models[slot] = { key, bytes, slot, model: await compile(bytes, style) };
  return models[slot];
}

async function fetched(address, progress) {
  if (!files.has(address)) files.set(address, await download(address, progress));
  return files.get(address);
}

async function start(engine, progress) {
  try {
    self.importScripts(new URL(`../${engine}/litert.js`, import.meta.url).href);
  } catch (cause) {
    throw Object.assign(new Error(cause.message), { kind: "engine" });
  }
  const relaxed = await self.LiteRt.supportsFeature("relaxedSimd");
  const name = `litert_wasm${relaxed ? "" : "_compat"}_internal`;
  const wasmBinary = await unzipped(await download(`${engine}/${name}.wasm.gz`, progress));
  // LiteRT.js passes self.Module on to Emscripten. Its log is of no use to visitors.
  self.Module = { wasmBinary, print: () => {}, printErr: () => {} };
  try {
    await self.LiteRt.loadLiteRt(new URL(`../${engine}/${name}.js`, import.meta.url).href);
  } catch (cause) {
    throw Object.assign(new Error(cause.message ?? String(cause)), { kind: "engine" });
  }
}

// Some servers unzip such files on the way.
async function unzipped(bytes) {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function compile(bytes, style) {
  const { getWebGpuDevice, loadAndCompile } = self.LiteRt;
  const device = getWebGpuDevice();
  // A GPU that the processor imitates takes twenty times as long as WASM.
  if (gpu && device && !device.adapterInfo?.isFallbackAdapter) {
    try {
      await check(style);
      if (gpu) {
        const model = await compileForGpu(bytes);
        if (model.isFullyAccelerated) return model;
        model.delete();
      }
    } catch (error) {
      console.warn("WebGPU refused the style; it runs on WASM.", error);
    }
    gpu = false;
  }
  return loadAndCompile(bytes, { accelerator: "wasm" });
}

// In float16 the sum of squares of instance normalization can exceed 65504.
const compileForGpu = (bytes) =>
  self.LiteRt.loadAndCompile(bytes, { accelerator: "webgpu", gpuOptions: { precision: "fp32" } });

/** Before a GPU paints a style for visitors, it paints a small photograph whose picture is known. */
async function check(style) {
  if (checked.has(style.file)) return;
  const [photograph, expected] = await Promise.all([style.example, style.golden].map((each) => fetched(each)));
  const side = Math.sqrt(photograph.length / 3);
  const model = await compileForGpu(resized(await fetched(style.file), style.shapes, [side, side]));
  try {
    // Twice: some drivers paint the first picture well and the second one not.
    for (let turn = 0; turn < 2; turn++) {
      const pixels = Float32Array.from(photograph, (byte) => byte / 255);
      const found = await infer(model, { style, pixels, width: side, height: side });
      if (!isWrong(found, expected)) continue;
      doubt = true;
      gpu = false;
      return;
    }
    checked.add(style.file);
  } finally {
    model.delete();
  }
}

async function run(prepared, job) {
  const backend = prepared.model.options.accelerator;
  try {
    const pixels = await infer(prepared.model, job);
    if (!pixels.every(Number.isFinite)) throw new Error("The picture has values that are no number.");
    return { pixels, backend };
  } catch (error) {
    if (backend !== "webgpu") throw error;
    console.warn("WebGPU failed; the style runs on WASM.", error);
    gpu = false;
    prepared.model.delete();
    prepared.model = await compile(prepared.bytes, job.style);
    return run(prepared, job);
  }
}

async function infer(model, { style, pixels, width, height }) {
  const { Tensor } = self.LiteRt;
  const inputs = { image: new Tensor(pixels, [1, height, width, 3]) };
  for (const [name, ratio, channels] of style.noise) {
    const shape = [1, height / ratio, width / ratio, channels];
    inputs[name] = new Tensor(noise(shape.reduce((a, b) => a * b)), shape);
  }
  try {
    const { stylized } = await model.run(inputs);
    const result = (await stylized.data()).slice(); // a view of WASM memory
    stylized.delete();
    return result;
  } finally {
    for (const tensor of Object.values(inputs)) tensor.delete();
  }
}
