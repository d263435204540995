// Loads styles and runs them with LiteRT.js, away from the page so that it never freezes.
//
// Asked: { number, file, changes, width, height, pixels: Float32Array RGB in [0, 1] }.
// Answers, each with the number: { loaded, total } in bytes while it loads; { painting: true };
// at last { pixels, backend, milliseconds } or { error, reason }.

import { getWebGpuDevice, loadAndCompile, loadLiteRt, supportsFeature, Tensor } from "@litertjs/core";

import { download } from "./download.js";

const files = new Map(); // Uint8Array of each style
let engine;
let current = { key: "", model: null };
let gpu = true; // until it fails

self.onmessage = async ({ data: job }) => {
  const say = (answer, transfer = []) =>
    self.postMessage({ number: job.number, ...answer }, { transfer });
  try {
    const model = await prepare(job, (loaded, total) => say({ loaded, total }));
    say({ painting: true });
    const start = performance.now();
    const { pixels, backend } = await run(model, job);
    const milliseconds = performance.now() - start;
    say({ pixels, backend, milliseconds }, [pixels.buffer]);
  } catch (error) {
    say({ error: error.kind ?? "run", reason: error.message ?? String(error) });
  }
};

async function prepare(job, progress) {
  const key = `${job.file} ${job.width}x${job.height}`;
  if (current.key === key) return current.model;
  await startEngine(progress);
  if (!files.has(job.file)) {
    files.set(job.file, await download(job.file, progress));
  }
  const bytes = patched(files.get(job.file), job.changes);
  current.model?.delete(); // WASM memory never shrinks: keep one model at a time
  current = { key: "", model: null };
  current = { key, model: await compile(bytes), bytes };
  return current.model;
}

async function startEngine(progress) {
  if (engine) return;
  const relaxed = await supportsFeature("relaxedSimd");
  const name = `litert_wasm${relaxed ? "" : "_compat"}_internal`;
  const wasmBinary = await download(`wasm/${name}.wasm`, progress);
  // LiteRT.js passes self.Module on to Emscripten. Its log is of no use to visitors.
  self.Module = { wasmBinary, print: () => {}, printErr: () => {} };
  try {
    engine = await loadLiteRt(new URL(`wasm/${name}.js`, self.location.href).href);
  } catch (cause) {
    throw Object.assign(new Error(cause.message ?? String(cause)), { kind: "engine" });
  }
}

// All sizes of a style are one file but for some bytes: the shapes.
function patched(bytes, changes) {
  const copy = bytes.slice();
  for (const [offset, hexadecimal] of changes) {
    copy.set(hexadecimal.match(/../g).map((pair) => parseInt(pair, 16)), offset);
  }
  return copy;
}

async function compile(bytes) {
  const device = getWebGpuDevice();
  // A GPU that the processor imitates takes twenty times as long as WASM.
  if (gpu && device && !device.adapterInfo?.isFallbackAdapter) {
    try {
      // In float16 the sum of squares of instance normalization can exceed 65504.
      const gpuOptions = { precision: "fp32" };
      const model = await loadAndCompile(bytes, { accelerator: "webgpu", gpuOptions });
      if (model.isFullyAccelerated) return model;
      model.delete();
    } catch (error) {
      console.warn("WebGPU refused the style; it runs on WASM.", error);
    }
    gpu = false;
  }
  return loadAndCompile(bytes, { accelerator: "wasm" });
}

async function run(model, job) {
  const backend = model.options.accelerator;
  try {
    const pixels = await infer(model, job);
    if (!pixels.every(Number.isFinite)) throw new Error("The picture has values that are no number.");
    return { pixels, backend };
  } catch (error) {
    if (backend !== "webgpu") throw error;
    console.warn("WebGPU failed; the style runs on WASM.", error);
    gpu = false;
    current.model.delete();
    current.model = await compile(current.bytes);
    return run(current.model, job);
  }
}

async function infer(model, { pixels, width, height }) {
  const image = new Tensor(pixels, [1, height, width, 3]);
  try {
    const { stylized } = await model.run({ image });
    const result = (await stylized.data()).slice(); // a view of WASM memory
    stylized.delete();
    return result;
  } finally {
    image.delete();
  }
}
