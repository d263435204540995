// Paints away from the page, so that the page never freezes: see engine.js. It is a classic worker,
// because LiteRT.js loads its WASM by importScripts, which a worker that is a module lacks.

const ready = import("./engine.js");

self.onmessage = async ({ data }) => {
  try {
    (await ready).answer(data);
  } catch (error) {
    self.postMessage({ number: data.number, error: "engine", reason: error.message });
  }
};
