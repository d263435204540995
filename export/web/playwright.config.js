import { defineConfig } from "@playwright/test";

// Tests run on what `npm run build` wrote, served as the README says. CHROMIUM names a browser,
// such as Debian's /usr/bin/chromium; else Playwright's own, of `npx playwright install chromium`.
const executablePath = process.env.CHROMIUM;
const python = process.env.PYTHON ?? "python";

export default defineConfig({
  testDir: "tests",
  timeout: 120_000,
  workers: 1,
  use: {
    baseURL: "http://localhost:8765",
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
