// What the page may load and run, and that it works without a network after the first visit.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { write } from "../litert.js";
import { chooseStyle, open, painted, save } from "./support.js";

test("nothing comes from other hosts", async ({ page, baseURL }) => {
  const addresses = [];
  page.on("request", (request) => addresses.push(request.url()));
  await open(page);
  await chooseStyle(page, "Tesserae");
  await painted(page);
  const elsewhere = addresses.filter((address) => !/^(blob|data):/.test(address) && !address.startsWith(baseURL));
  expect(elsewhere).toEqual([]);
});

test("the content security policy allows no inline code, also where servers send it for workers", async ({ page }) => {
  const html = readFileSync("dist/index.html", "utf8");
  const policy = html.match(/Content-Security-Policy"\s+content="([^"]+)"/)[1];
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|https?:|\*/);
  expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
  await page.route("**/*", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), "content-security-policy": policy } });
  });
  const refused = [];
  page.on("console", (message) => /Content Security Policy/.test(message.text()) && refused.push(message.text()));
  await open(page);
  await chooseStyle(page, "Tesserae");
  await painted(page);
  expect(refused).toEqual([]);
  const ran = await page.evaluate(() => {
    const script = Object.assign(document.createElement("script"), { textContent: "window.injected = true" });
    document.body.append(script);
    return window.injected === true;
  });
  expect(ran).toBe(false);
  await page.unrouteAll({ behavior: "ignoreErrors" }); // the page goes on to load what it keeps
});

test("after the first visit the page paints without a network", async ({ browser, baseURL }) => {
  const context = await browser.newContext({ baseURL, serviceWorkers: "allow" });
  const page = await context.newPage();
  await open(page);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await expect(page.locator("html")).toHaveAttribute("data-kept", "", { timeout: 60_000 });
  await context.setOffline(true);
  await page.reload();
  await painted(page);
  await chooseStyle(page, "Tesserae"); // which was never painted before
  await painted(page);
  await expect(save(page)).toHaveAttribute("download", "lake-mosaic.png");
  await page.locator("#examples .choice").nth(2).click();
  await painted(page);
  const broken = await page.locator("img").evaluateAll((all) => all.filter((image) => image.complete && !image.naturalWidth));
  expect(broken).toEqual([]);
  await context.close();
});

test("the service worker knows every file of the page", () => {
  const script = readFileSync("page/service-worker.js", "utf8");
  for (const name of readdirSync("page/scripts")) expect(script).toContain(`"${name.replace(".js", "")}"`);
  const examples = JSON.parse(readFileSync("page/photographs/photographs.json", "utf8"));
  for (const { name } of examples) expect(script).toContain(`"${name}"`);
});

test("phones can install the page", async ({ page, request }) => {
  await page.goto("/");
  const address = await page.locator('link[rel="manifest"]').getAttribute("href");
  const manifest = await (await request.get(address)).json();
  expect(manifest).toMatchObject({ display: "standalone", start_url: "." });
  for (const { src, sizes } of manifest.icons.filter(({ type }) => type === "image/png")) {
    const size = await page.evaluate(async (src) => {
      const bitmap = await createImageBitmap(await (await fetch(src)).blob());
      return `${bitmap.width}x${bitmap.height}`;
    }, src);
    expect(size).toBe(sizes);
  }
});

test("litert.tar.xz holds what npm has of this version", () => {
  const [packed, made] = [0, 1].map(() => mkdtempSync(join(tmpdir(), "litert-")));
  execFileSync("tar", ["-C", packed, "-xf", "page/litert.tar.xz"]);
  write(made);
  const hashes = (folder) =>
    readdirSync(folder).map((name) => [name, createHash("sha256").update(readFileSync(join(folder, name))).digest("hex")]);
  expect(hashes(packed)).toEqual(hashes(made));
});
