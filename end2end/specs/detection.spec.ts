/**
 * Rule 4, held against two observers outside the server: one on the agent's wire, one on the console's screen.
 *
 * The limit on time is the property that is tested: not before the deadline, and within a second after it.
 */
import type { Page } from "@playwright/test";

import { expect, row, signIn, test } from "../support/rollcall.js";
import { HEARTBEAT_EVERY, LEASE_MS, MINUTE_MS } from "../support/server.js";
import { Tap } from "../support/tap.js";
import { until } from "../support/until.js";

const NAMES = ["brest", "delft", "gdansk"];

/** Notes in the page when each row first said "Offline", in milliseconds since 1970. */
async function watchForOffline(page: Page, names: string[]): Promise<void> {
  await page.evaluate((names) => {
    const seen: Record<string, number> = {};
    Object.assign(window, { wentOffline: seen });
    const look = () => {
      const at = performance.timeOrigin + performance.now();
      for (const line of document.querySelectorAll("tr, [role=row]")) {
        const name = names.find((name) => [...line.querySelectorAll("a")].some((link) => link.textContent?.trim() === name));
        if (name && !(name in seen) && line.textContent?.includes("Offline")) seen[name] = at;
      }
    };
    const everything = { subtree: true, childList: true, characterData: true, attributes: true };
    new MutationObserver(look).observe(document.body, everything);
  }, names);
}

const wentOffline = (page: Page): Promise<Record<string, number>> =>
  page.evaluate(() => (window as unknown as { wentOffline: Record<string, number> }).wentOffline);

test("a killed agent is offline not before its deadline and within a second after it", async ({ page, server, agents }) => {
  await signIn(page, server);
  await page.goto(`${server.url}/agents`);

  const watched = [];
  for (const name of NAMES) {
    const tap = await Tap.before(server.url);
    const agent = await agents.enrol(name, tap.url);
    agent.start();
    watched.push({ name, tap, agent });
  }
  for (const { name, tap } of watched) {
    await expect(row(page, name)).toContainText("Online");
    // Past its registration: what renews the lease from here on are heartbeats.
    await until(`${name} sends heartbeats`, () => tap.calls >= 4);
  }
  await watchForOffline(page, NAMES);

  // At three different points between two heartbeats.
  for (const { agent, tap } of watched) {
    await tap.cut();
    await agent.kill();
    await page.waitForTimeout((HEARTBEAT_EVERY * MINUTE_MS) / NAMES.length);
  }
  await expect.poll(async () => Object.keys(await wentOffline(page)).sort()).toEqual(NAMES);

  const seen = await wentOffline(page);
  for (const { name, tap } of watched) {
    const after = (seen[name] ?? 0) - (tap.lastCall + LEASE_MS);
    console.log(`    ${name}: told offline ${after.toFixed(0)} ms after its deadline`);
    expect.soft(after, `${name}: not before its deadline`).toBeGreaterThanOrEqual(0);
    expect.soft(after, `${name}: within a second after its deadline`).toBeLessThanOrEqual(1_000);
    await tap.close();
  }
});
