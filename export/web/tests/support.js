// What the tests share: opening the page, choosing, waiting, and comparing with Python's pictures.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@playwright/test";

export const folder = mkdtempSync(join(tmpdir(), "tfstyle-"));
export const index = JSON.parse(readFileSync("dist/styles.json", "utf8"));

/** Makes the photographs of reference.py in `folder`. */
export function makePhotographs() {
  python("make", folder);
  writeFileSync(join(folder, "notes.jpg"), "No image.");
}

export function python(...words) {
  const script = fileURLToPath(new URL("reference.py", import.meta.url));
  return execFileSync(process.env.PYTHON ?? "python", [script, ...words], { encoding: "utf8" });
}

/** Opens the page and waits until it has painted its first example here. */
export async function open(page) {
  await page.goto("/");
  await painted(page);
}

export const status = (page) => page.getByRole("status");
export const chooseFile = (page, name) => page.locator("#file").setInputFiles(join(folder, name));
export const chooseStyle = (page, title) => page.locator("#styles .choice", { hasText: title }).click();
export const save = (page) => page.getByText("Save picture");

/** Waits until what was chosen is painted, and no earlier picture is meant. */
export async function painted(page) {
  await expect(page.locator("#stage")).toHaveAttribute("aria-busy", "false", { timeout: 90_000 });
  await expect(status(page)).toHaveText(/Painted in/, { timeout: 90_000 });
}

/** Runs a script in the worker before its own. */
export const inWorker = (page, script) =>
  page.route("**/worker.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${script}\n${await response.text()}` });
  });

/** Saves the picture and compares it with the one that Python's interpreter paints. */
export async function similarity(page, name, ...styles) {
  const waiting = page.waitForEvent("download");
  await save(page).click();
  const download = await waiting;
  expect(download.suggestedFilename()).toBe(`photograph-${name}.png`);
  const picture = join(folder, `${name}.png`);
  await download.saveAs(picture);
  const words = ["compare", "dist", join(folder, "photograph.png"), picture];
  const result = JSON.parse(python(...words, ...(styles.length ? styles : [name])));
  test.info().annotations.push({ type: name, description: JSON.stringify(result) });
  console.log(name, result);
  return result.ssim;
}
