// Prints how long LiteRT.js takes for mosaic on WASM at each size: the median of five runs after one.

import { spawn } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { chromium } from "@playwright/test";

const port = 8766;
const python = process.env.PYTHON ?? "python";
const server = spawn(python, ["-m", "http.server", port, "--directory", "dist"], { stdio: "ignore" });
await setTimeout(1000);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM });
try {
  const page = await browser.newPage();
  await page.goto(`http://localhost:${port}/`);
  const styles = await page.evaluate(() => fetch("styles.json").then((answer) => answer.json()));
  const style = styles.find(({ name }) => name === "mosaic");
  for (const size of style.sizes) {
    const times = await page.evaluate(measure, size);
    console.log(`${style.name} ${size.width} x ${size.height}: ${times.sort((a, b) => a - b)[2]} ms`);
  }
} finally {
  await browser.close();
  server.kill();
}

// Runs in the page.
async function measure(size) {
  globalThis.worker ??= new Worker("worker.js");
  const paint = () =>
    new Promise((resolve, reject) => {
      const pixels = new Float32Array(size.width * size.height * 3).map(Math.random);
      worker.onmessage = ({ data }) => {
        if (data.error) reject(new Error(data.reason));
        if (data.pixels) resolve(Math.round(data.milliseconds));
      };
      worker.postMessage({ number: 1, ...size, pixels });
    });
  await paint();
  const times = [];
  for (let run = 0; run < 5; run++) times.push(await paint());
  return times;
}
