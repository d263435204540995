import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

// Tests run on what `tfstyle web dist` wrote, served as the README says. The browser is the system's
// Chromium, or the one that CHROMIUM names: Playwright's own is never downloaded.
const executablePath = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser"].find(
  (path) => path && existsSync(path),
);
if (!executablePath) {
  throw new Error("No Chromium found. Install it (apt-get install chromium), or set CHROMIUM to its path.");
}
const python = process.env.PYTHON ?? "python";

export default defineConfig({
  testDir: "tests",
  timeout: 120_000,
  expect: { timeout: 20_000 },
  workers: 1,
  reporter: [["list"]],
  use: {
    baseURL: "http://localhost:8765",
    // The tests replace some of what is loaded, which a service worker would hide from them.
    serviceWorkers: "block",
    launchOptions: {
      executablePath,
      args: ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"],
    },
  },
  webServer: {
    command: `${python} -m http.server 8765 --directory dist`,
    url: "http://localhost:8765",
    stderr: "ignore",
  },
});
