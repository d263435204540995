// Packs what the page needs of LiteRT.js into page/litert.tar.xz, from the npm package that
// package-lock.json pins. Run it after a change of the version there: `npm run litert`.
//
// Of the two builds of WASM a visitor loads one: with relaxed SIMD, or for browsers without. They
// are 9.4 MB each but nearly the same, so that xz keeps both in 2.1 MB. Those with threads would
// need headers that a plain web server does not send.

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const installed = join(here, "node_modules/@litertjs/core");
const BUILDS = ["litert_wasm_internal", "litert_wasm_compat_internal"];

/** Writes the files of the archive to a folder. */
export function write(folder) {
  buildSync({
    stdin: { contents: 'export * from "@litertjs/core";', resolveDir: here },
    outfile: join(folder, "litert.js"),
    bundle: true,
    minify: true,
    format: "iife", // LiteRT.js loads its WASM by importScripts, which a module worker lacks
    globalName: "LiteRt",
    target: "es2022",
  });
  for (const name of BUILDS.flatMap((build) => [`${build}.js`, `${build}.wasm`])) {
    copyFileSync(join(installed, "wasm", name), join(folder, name));
  }
  copyFileSync(join(here, "../../LICENSE"), join(folder, "LICENSE"));
  const { version } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  const lock = JSON.parse(readFileSync(join(here, "package-lock.json"), "utf8"));
  const { integrity } = lock.packages["node_modules/@litertjs/core"];
  writeFileSync(join(folder, "NOTICE"), notice(version, integrity));
}

const notice = (version, integrity) => `LiteRT.js ${version}
Copyright Google LLC. Apache License, version 2.0: see LICENSE beside this file.
Source: https://github.com/google-ai-edge/LiteRT

The WASM files and their loaders are those of the npm package @litertjs/core ${version},
${integrity}.
litert.js is its JavaScript and that of @litertjs/wasm-utils, bundled by esbuild.
`;

function pack() {
  const folder = mkdtempSync(join(tmpdir(), "litert-"));
  const archive = join(here, "page/litert.tar.xz");
  write(folder);
  // The same bytes from the same files. The dictionary must reach from one build to the other.
  const same = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--mode=0644"];
  const xz = "xz -9e --lzma2=preset=9e,dict=32MiB";
  execFileSync("tar", [...same, "-C", folder, "-I", xz, "-cf", archive, ...readdirSync(folder).sort()]);
  rmSync(folder, { recursive: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) pack();
