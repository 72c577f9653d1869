import { defineConfig } from "@playwright/test";

/** Debian's Chromium: Playwright's own is never downloaded. */
const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";

export default defineConfig({
  outputDir: "results/traces",
  // Every test starts its own server, in its own folder: they share nothing, and two cores carry two.
  fullyParallel: true,
  workers: Number(process.env.ROLLCALL_E2E_WORKERS ?? 2),
  // A test that passes the second time has failed.
  retries: 0,
  forbidOnly: process.env.CI === "true",
  // The longest takes half a minute on two cores that are its own, and on others that are not, several times that.
  timeout: 180_000,
  expect: { timeout: 10_000 },
  reporter: [["list"], ["json", { outputFile: "results/results.json" }]],
  use: {
    locale: "en-GB",
    timezoneId: "UTC",
    viewport: { width: 1280, height: 800 },
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: chromium,
      args: [
        ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    { name: "console", testDir: "specs", testMatch: "*.spec.ts", testIgnore: "detection.spec.ts" },
    // Prints times, so it has the machine for itself.
    { name: "detection", testDir: "specs", testMatch: "detection.spec.ts", dependencies: ["console"], fullyParallel: false },
    { name: "shots", testDir: ".", testMatch: "screenshots.ts" },
    // Asked for by `make bench`. Nothing is recorded of a page whose frames are counted.
    { name: "bench", testDir: "bench", testMatch: "console.ts", use: { trace: "off", screenshot: "off" } },
  ],
});
