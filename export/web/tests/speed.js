// Prints how long LiteRT.js takes for mosaic on WASM at each size: the median of five runs after one,
// and how long it takes to go to another style and back.

import { spawn } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { chromium } from "@playwright/test";
import config from "../playwright.config.js";

const SIZES = [
  [192, 192],
  [512, 344],
  [512, 512],
  [768, 512],
  [1024, 684],
  [1536, 1024],
];
const port = 8766;
const python = process.env.PYTHON ?? "python";
const server = spawn(python, ["-m", "http.server", port, "--directory", "dist"], { stdio: "ignore" });
await setTimeout(1000);
const browser = await chromium.launch({ executablePath: config.use.launchOptions.executablePath });
try {
  const page = await browser.newPage();
  await page.goto(`http://localhost:${port}/app.webmanifest`); // the page itself would paint beside
  await page.evaluate(prepare);
  for (const [width, height] of SIZES) {
    console.log(`${width} x ${height}: ${await page.evaluate(measure, [width, height])} ms`);
  }
  console.log(`another style at 512 x 344: ${await page.evaluate(swap)} ms`);
} finally {
  await browser.close();
  server.kill();
}

// These run in the page.
async function prepare() {
  const { engine, golden, styles } = await (await fetch("styles.json")).json();
  const worker = new Worker("scripts/worker.js");
  window.median = (times) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
  window.jobs = styles.map((style) => ({ number: 1, engine, blend: null, style: { ...style, example: golden } }));
  window.jobs.sort((a, b) => (b.style.name === "mosaic") - (a.style.name === "mosaic"));
  window.paint = (job, width, height) =>
    new Promise((resolve, reject) => {
      const pixels = new Float32Array(width * height * 3).map(Math.random);
      const start = performance.now();
      worker.onmessage = ({ data }) => {
        if (data.error) reject(new Error(data.reason));
        if (data.pixels) resolve(Math.round(performance.now() - start));
      };
      worker.postMessage({ ...job, width, height, pixels });
    });
}

async function measure([width, height]) {
  const times = [];
  for (let run = 0; run < 6; run++) times.push(await window.paint(window.jobs[0], width, height));
  return window.median(times.slice(1));
}

async function swap() {
  const times = [];
  for (let run = 0; run < 8; run++) times.push(await window.paint(window.jobs[run % 2], 512, 344));
  return window.median(times.slice(2));
}
