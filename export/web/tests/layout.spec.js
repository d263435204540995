// The page on phones, tablets and laptops, with few styles and many, touched and clicked.

import { expect, test } from "@playwright/test";
import { index, painted } from "./support.js";

const SIZES = [
  [320, 640],
  [360, 740],
  [390, 844],
  [600, 960],
  [1280, 800],
];

/** Repeats the styles of the index until there are `count`, some with long titles. */
async function withStyles(page, count) {
  const styles = Array.from({ length: count }, (_, i) => {
    const style = index.styles[i % index.styles.length];
    const title = i % 5 === 1 ? "A Sunday Afternoon on the Island of La Grande Jatte, without its border" : "Style";
    return { ...style, title: `${title} ${i}` };
  });
  await page.route("**/styles.json", (route) => route.fulfill({ json: { ...index, styles } }));
  // What is painted is of no matter here: the picture that comes with the page is enough.
  await page.route("**/*.wasm.gz", () => {});
}

for (const [width, height] of SIZES) {
  for (const count of [index.styles.length, 24, 48]) {
    for (const hasTouch of [true, false]) {
      test(`${width} pixels, ${count} styles, by ${hasTouch ? "touch" : "mouse"}`, async ({ browser, baseURL }) => {
        const context = await browser.newContext({
          baseURL,
          viewport: { width, height },
          hasTouch,
          serviceWorkers: "block",
        });
        const page = await context.newPage();
        await withStyles(page, count);
        await page.goto("/");
        await expect(page.locator("#after")).toBeVisible();
        await expect(page.locator("#styles .choice")).toHaveCount(count);
        await nothingIsWider(page, width);
        await everyTitleIsWhole(page);
        for (const number of [1, count - 1]) {
          const choice = page.locator("#styles .choice").nth(number);
          if (hasTouch) await choice.tap();
          else await choice.click();
          await expect(choice.getByRole("radio")).toBeChecked();
          await pictureIsInSight(page, width, height);
          await nothingIsWider(page, width);
        }
        if (width >= 1280) await everythingIsInSight(page, width, height);
        await context.close();
      });
    }
  }
}

test("a portrait leaves room for all else", async ({ page }) => {
  for (const [width, height] of SIZES) {
    await page.setViewportSize({ width, height });
    await page.goto("/");
    await page.locator("#examples .choice").last().click();
    await page.locator("#examples .choice").last().scrollIntoViewIfNeeded();
    await pictureIsInSight(page, width, height);
    await expect(page.getByText("Save picture")).toBeInViewport({ ratio: 1 });
  }
});

test("what is tapped at 390 x 844 is painted in sight", async ({ browser, baseURL }) => {
  const context = await browser.newContext({ baseURL, viewport: { width: 390, height: 844 }, hasTouch: true });
  const page = await context.newPage();
  await page.goto("/");
  await page.locator("#styles .choice").last().tap();
  await painted(page);
  await pictureIsInSight(page, 390, 844);
  await context.close();
});

test("a phone on its side scrolls, and shows the picture", async ({ page }) => {
  await page.setViewportSize({ width: 844, height: 390 });
  await page.goto("/");
  await page.locator("#styles .choice").last().click();
  await nothingIsWider(page, 844);
  await pictureIsInSight(page, 844, 390);
});

async function nothingIsWider(page, width) {
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
  // And nothing can be scrolled aside but the rows that are meant to be.
  expect(await page.evaluate(() => document.scrollingElement.scrollLeft)).toBe(0);
}

async function pictureIsInSight(page, width, height) {
  const box = await page.locator("#stage").boundingBox();
  expect(box.x).toBeGreaterThanOrEqual(0);
  expect(box.y).toBeGreaterThanOrEqual(0);
  expect(box.x + box.width).toBeLessThanOrEqual(width);
  expect(box.y + box.height).toBeLessThanOrEqual(height);
  expect(box.width * box.height).toBeGreaterThan(0.1 * width * height);
}

async function everyTitleIsWhole(page) {
  const cut = await page.locator("#styles .title").evaluateAll((titles) =>
    titles.filter((title) => title.scrollWidth > title.clientWidth || title.scrollHeight > title.clientHeight + 1).length,
  );
  expect(cut).toBe(0);
}

/** On a laptop the page itself does not scroll, and nothing is outside it but styles further down. */
async function everythingIsInSight(page, width, height) {
  expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBe(height);
  for (const selector of ["header", ".photograph", ".style", "#stage", ".look", ".finish", "footer"]) {
    const box = await page.locator(selector).boundingBox();
    expect(box.x, selector).toBeGreaterThanOrEqual(0);
    expect(box.y, selector).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width, selector).toBeLessThanOrEqual(width);
    expect(box.y + box.height, selector).toBeLessThanOrEqual(height);
  }
}
