/**
 * Agents that the server does not hear by heartbeats: those in the unreachable network, which poll (rules 3 and 14),
 * and those outside it, to which the server connects.
 */
import type { Locator, Page } from "@playwright/test";

import { events, expect, mark, marked, row, signIn, test } from "../support/rollcall.js";
import { LEASE_MS, type Server } from "../support/server.js";
import { changeSettings } from "../support/settings.js";
import { until } from "../support/until.js";

/** Where every agent of these tests is. */
const LOOPBACK = ["127.0.0.0/8"];

/** What the API says of an agent, as far as this spec reads it. */
interface Why {
  status: string;
  since_ms: number;
  proofs: { path: string; at_ms: number }[];
  lease: { kind: string; applied: number };
}

const card = (page: Page): Locator => page.getByRole("region", { name: "Why it has this status" });

/** Opens the panel of an agent from its row. Answers how to ask why it has its status. */
async function open(page: Page, server: Server, name: string): Promise<() => Promise<Why>> {
  await row(page, name).getByRole("link").click();
  await expect(page.getByRole("heading", { name, exact: true })).toBeVisible();
  const id = /\/agents\/([^/?]+)/.exec(page.url())?.[1];
  return async () => {
    const answer = await page.request.get(`${server.url}/api/v1/agents/${id}/why`);
    expect(answer.ok(), `why: ${answer.status()} ${await answer.text()}`).toBe(true);
    return (await answer.json()) as Why;
  };
}

const heardBy = ({ proofs }: Why, path: string): number => proofs.find((proof) => proof.path === path)?.at_ms ?? 0;

/** It is heard by nothing but this path, for twice as long as a lease of heartbeats lasts, and keeps its status. */
async function livesBy(path: string, why: () => Promise<Why>): Promise<void> {
  const { since_ms } = await why();
  let last = 0;
  await until(`it is heard by ${path} for two leases of heartbeats`, async () => {
    const now = await why();
    expect(now.since_ms, "its status stays").toBe(since_ms);
    const heartbeat = heardBy(now, "heartbeat");
    last = heardBy(now, path);
    return heartbeat > 0 && last - heartbeat > 2 * LEASE_MS;
  });
}

test("a save moves an agent into the unreachable network, where it lives by polling", async ({ page, server, agents }) => {
  await signIn(page, server);
  await page.goto(`${server.url}/agents`);
  const umea = await agents.start("umea");
  await expect(row(page, "umea")).toContainText("Online");
  await mark(page);
  const why = await open(page, server, "umea");
  await expect(card(page)).toContainText("in no range");
  await expect(row(page, "umea")).toContainText("· heartbeat");

  await test.step("its row and its card turn as the ranges are saved, and name what matched", async () => {
    const version = await changeSettings(page, server, { unreachable_network: LOOPBACK });
    await expect(row(page, "umea")).toContainText("Unreachable / Online");
    await expect(card(page)).toContainText("Unreachable / Online");
    await expect(card(page)).toContainText(`By version ${version} of the settings.`);
    await expect(card(page)).toContainText("unreachable: 127.0.0.1 is in 127.0.0.0/8");
    await expect(card(page)).toContainText("It is in the unreachable network because 127.0.0.1 is in 127.0.0.0/8");
    expect(await marked(page), "all of it without a reload").toBe(true);
    await page.getByRole("link", { name: "Events" }).click();
    await expect(events(page, "umea").first()).toContainText(`Unreachable / Online · by version ${version} of the settings`);
    await page.goBack();
    await expect(card(page)).toBeVisible();
    await mark(page);
  });

  await test.step("without heartbeats it goes on by polling", async () => {
    const version = await changeSettings(page, server, { heartbeat: false, poll_every: 4 });
    await until("it lives by the new settings", async () => {
      const { lease } = await why();
      return lease.kind === "poll" && lease.applied === version;
    });
    await livesBy("poll", why);
    await expect(row(page, "umea")).toContainText("Unreachable / Online");
    await expect(row(page, "umea")).toContainText("· poll");
    await expect(card(page)).toContainText("It polls, being in the unreachable network: any contact keeps it online for");
    await expect(card(page).getByRole("table", { name: "Last proof" })).toContainText(/poll/i);
  });

  await test.step("killed, it is offline there, and only that", async () => {
    await umea.kill();
    await expect(row(page, "umea")).toContainText("Unreachable / Offline");
    await expect(card(page)).toContainText(/Deadline passed \d+ s ago/);
    expect(await marked(page), "all of it without a reload").toBe(true);
    await page.getByRole("link", { name: "Events" }).click();
    const became = async (): Promise<(string | undefined)[]> => {
      const lines = await events(page, "umea").allInnerTexts();
      return lines.map((line) => /(Unreachable \/ )?(Online|Offline)|Pending/.exec(line)?.[0]);
    };
    await expect.poll(async () => (await became()).slice(0, 3)).toEqual(["Unreachable / Offline", "Unreachable / Online", "Online"]);
  });
});

test("an agent that sends no heartbeats is connected to", async ({ page, server, agents }) => {
  await signIn(page, server);
  await page.goto(`${server.url}/agents`);
  await agents.start("ystad");
  await expect(row(page, "ystad")).toContainText("Online");
  const why = await open(page, server, "ystad");
  await expect(row(page, "ystad")).toContainText("· heartbeat");

  // Nobody is in the unreachable network, so nobody sends heartbeats any more.
  await changeSettings(page, server, { heartbeat_scope: "unreachable_network", verify_every: 4 });
  await expect(row(page, "ystad")).toContainText("· verification");
  await livesBy("verification", why);
  await expect(row(page, "ystad")).toContainText("Online");
  await expect(card(page)).toContainText("It sends no heartbeats, and the server connects to it: any contact keeps it online for");
  await expect(card(page).getByRole("table", { name: "Last proof" })).toContainText(/verification/i);
  await expect(card(page)).toContainText("proved itself");
});
