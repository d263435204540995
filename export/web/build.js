// Writes the page to dist/: everything that it needs, nothing from other hosts.
// With --styles `tfstyle web` adds the styles of the zoo, which needs Python.

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const dist = join(here, "dist");
const liteRt = join(here, "node_modules/@litertjs/core");

// The one with relaxed SIMD, and the one for browsers without. Those with threads and JSPI would
// need headers that a plain web server does not send, and gain nothing where WebGPU runs it all.
const ENGINES = ["litert_wasm_internal", "litert_wasm_compat_internal"];

rmSync(dist, { recursive: true, force: true });
mkdirSync(join(dist, "wasm"), { recursive: true });

buildSync({
  entryPoints: [join(here, "source/main.js"), join(here, "source/worker.js")],
  outdir: dist,
  bundle: true,
  minify: true,
  format: "iife", // LiteRT.js loads its WASM by importScripts, which a module worker lacks
  target: "es2022",
});
for (const name of ["index.html", "style.css"]) {
  cpSync(join(here, "source", name), join(dist, name));
}
cpSync(join(here, "photographs"), join(dist, "photographs"), { recursive: true });
cpSync(join(root, "docs/images/photograph.jpg"), join(dist, "photographs/zebra.jpg"));
for (const name of ENGINES.flatMap((engine) => [`${engine}.js`, `${engine}.wasm`])) {
  cpSync(join(liteRt, "wasm", name), join(dist, "wasm", name));
}
const { version } = JSON.parse(readFileSync(join(liteRt, "package.json"), "utf8"));
writeFileSync(
  join(dist, "wasm/NOTICE.txt"),
  `LiteRT.js ${version}, Copyright Google LLC, Apache License 2.0: see ../LICENSE.\n`,
);
cpSync(join(root, "LICENSE"), join(dist, "LICENSE"));

if (process.argv.includes("--styles")) {
  const run = spawnSync("tfstyle", ["web", dist, "--page", dist], { stdio: "inherit" });
  if (run.error) {
    console.error("tfstyle is not found. Activate the environment that it is installed in.");
  }
  process.exitCode = run.status ?? 1;
}
