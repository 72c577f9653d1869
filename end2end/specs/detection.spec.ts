/**
 * Rule 4, held against two observers outside the server: one on the agent's wire, one on the console's screen.
 *
 * How late a deadline may be noticed is bounded in the server's own time, in which no tick lasts longer than two seconds
 * (rule 1): by the labels of the transition and of the deadline that `why` named. How fast the machine that runs this
 * draws it is no property of Rollcall's, and is only told.
 */
import type { Page } from "@playwright/test";

import { expect, row, signIn, test } from "../support/rollcall.js";
import { HEARTBEAT_EVERY, LEASE_MS, MINUTE_MS } from "../support/server.js";
import { Tap } from "../support/tap.js";
import { until } from "../support/until.js";

const NAMES = ["brest", "delft", "gdansk"];

/** The longest that one tick lets time go on (rule 1), and so the latest that a deadline is noticed. */
const LONGEST_TICK_MS = 2_000;

/** How exact a label is against the machine's clock (`server/src/engine/labels.rs`); two labels, to the millisecond. */
const LABEL_MS = 50;
const CUT_MS = 1;

interface Agents {
  items: { id: string; name: string }[];
}
interface Why {
  deadline: { at_ms: number } | null;
}
interface Transitions {
  items: { to: string; cause: string; at_ms: number }[];
}

async function read<T>(page: Page, url: string): Promise<T> {
  const answer = await page.request.get(url);
  expect(answer.ok(), `${url}: ${answer.status()} ${await answer.text()}`).toBe(true);
  return (await answer.json()) as T;
}

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

test("a killed agent is offline not before its deadline and in the tick in which it falls", async ({ page, server, agents }) => {
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
  const { items } = await read<Agents>(page, `${server.url}/api/v1/agents`);
  const idOf = (name: string): string => items.find((agent) => agent.name === name)?.id ?? "";

  // At three different points between two heartbeats.
  const deadlines: Record<string, number> = {};
  for (const { name, agent, tap } of watched) {
    await tap.cut();
    await agent.kill();
    // Nothing more comes: what the deadline is now it stays.
    const why = await read<Why>(page, `${server.url}/api/v1/agents/${idOf(name)}/why`);
    if (why.deadline) deadlines[name] = why.deadline.at_ms;
    await page.waitForTimeout((HEARTBEAT_EVERY * MINUTE_MS) / NAMES.length);
  }
  await expect.poll(async () => Object.keys(await wentOffline(page)).sort()).toEqual(NAMES);

  const seen = await wentOffline(page);
  for (const { name, tap } of watched) {
    const after = (seen[name] ?? 0) - (tap.lastCall + LEASE_MS);
    console.log(`    ${name}: shown offline ${after.toFixed(0)} ms after its deadline`);
    expect.soft(after, `${name}: not before its deadline`).toBeGreaterThanOrEqual(0);
    const changes = `${server.url}/api/v1/transitions?agent=${idOf(name)}`;
    const flip = async () => (await read<Transitions>(page, changes)).items.find((one) => one.to === "offline");
    await until(`the change of ${name} is in history`, async () => (await flip()) !== undefined);
    const { at_ms, cause } = (await flip()) ?? { at_ms: 0, cause: "" };
    expect.soft(cause, name).toMatch(/^deadline\./);
    // By the observer on the wire, and by the server's own account.
    expect.soft(at_ms, `${name}: not before its deadline`).toBeGreaterThanOrEqual(tap.lastCall + LEASE_MS - LABEL_MS);
    const deadline = deadlines[name];
    expect(deadline, `${name}: its deadline was known while it was online`).toBeDefined();
    expect.soft(at_ms, `${name}: not before its deadline`).toBeGreaterThanOrEqual((deadline ?? 0) - CUT_MS);
    // A stall of this machine is blind time, which puts deadlines off; then the server says so, and this does not bind.
    const span = `from_ms=${Math.floor(tap.lastCall)}&to_ms=${at_ms}`;
    const { blind } = await read<{ blind: unknown[] }>(page, `${server.url}/api/v1/agents/${idOf(name)}/availability?${span}`);
    if (blind.length === 0) {
      const latest = (deadline ?? 0) + LONGEST_TICK_MS + LABEL_MS;
      expect.soft(at_ms, `${name}: in the tick in which its deadline falls`).toBeLessThanOrEqual(latest);
    } else console.log(`    ${name}: the server was blind: ${JSON.stringify(blind)}`);
    await tap.close();
  }
});
