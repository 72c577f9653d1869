/** A list much longer than the screen: only a window of it is here, and it is used as if all of it were. */
import { readFile } from "node:fs/promises";

import type { Page } from "@playwright/test";

import { fleet } from "../support/fleet.js";
import { expect, row, signIn, standing, test } from "../support/rollcall.js";

const AGENTS = 3_000;
const name = (number: number): string => `fleet-${String(number).padStart(7, "0")}`;

const table = (page: Page) => page.getByRole("table", { name: "Agents" });
const bar = (page: Page) => page.getByRole("region", { name: "Selected agents" });
/** The names of the rows in the page, from the top. */
const names = (page: Page): Promise<string[]> => page.locator("[data-agent]").allInnerTexts();
/** Whether these are neighbours in the list, without a hole. */
const inOrder = (all: string[]): boolean => all.every((one, at) => at === 0 || Number(one.slice(6)) === Number(all[at - 1]?.slice(6)) + 1);

let beating: ReturnType<typeof fleet> | undefined;
test.afterEach(() => beating?.child.kill("SIGKILL"));

test("a list of thousands is scrolled, walked, ticked, searched and saved as a whole, and costs what is shown", async ({ page, server }) => {
  await signIn(page, server);
  // Until the last step, however long the others take.
  beating = fleet(server, AGENTS, 600);
  const ended = beating.catch(() => {});
  let received = 0;
  page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => (received += payload.length)));
  await page.goto(`${server.url}/agents`);
  await expect(table(page)).toHaveAttribute("aria-rowcount", String(AGENTS + 1), { timeout: 60_000 });
  await page.reload();
  received = 0;
  await page.reload();
  await expect(row(page, name(0))).toBeVisible();
  await expect(standing(page)).toContainText("Live");
  expect(received, "bytes until the table is there").toBeLessThan(120_000);

  await test.step("the keyboard goes to the end and back, and a page at a time", async () => {
    await page.getByRole("link", { name: name(0) }).focus();
    await page.keyboard.press("End");
    await expect(page.getByRole("link", { name: name(AGENTS - 1) })).toBeFocused();
    await page.keyboard.press("ArrowUp");
    await expect(page.getByRole("link", { name: name(AGENTS - 2) })).toBeFocused();
    await expect(row(page, name(AGENTS - 2))).toHaveAttribute("aria-rowindex", String(AGENTS));
    await page.keyboard.press("Home");
    await expect(page.getByRole("link", { name: name(0) })).toBeFocused();
    for (let step = 0; step < 4; step += 1) await page.keyboard.press("PageDown");
    await expect(page.locator("[data-agent]:focus")).not.toHaveText(name(0));
    expect(inOrder(await names(page))).toBe(true);
  });

  await test.step("wherever it is scrolled to, rows stand there in their order", async () => {
    for (const share of [0.5, 0.93, 0.1]) {
      await page.locator(".table").evaluate((frame, at) => frame.scrollTo(0, frame.scrollHeight * at), share);
      await expect(row(page, name(Math.round(AGENTS * share) + 5))).toBeVisible();
      await expect(page.locator(".row--awaited")).toHaveCount(0);
      expect(inOrder(await names(page))).toBe(true);
    }
  });

  await test.step("a stretch is ticked from one end to the other, and all at once", async () => {
    await page.locator(".table").evaluate((frame) => frame.scrollTo(0, 0));
    await row(page, name(1)).getByRole("checkbox").click();
    await page.locator(".table").evaluate((frame) => frame.scrollTo(0, frame.scrollHeight));
    await row(page, name(AGENTS - 3)).getByRole("checkbox").click({ modifiers: ["Shift"] });
    await expect(bar(page)).toContainText("2,997 selected");
    await expect(row(page, name(AGENTS - 1)).getByRole("checkbox")).not.toBeChecked();
    await page.keyboard.press("ControlOrMeta+a");
    await expect(bar(page)).toContainText("3,000 selected");
    await page.keyboard.press("Escape");
    await expect(bar(page)).toBeHidden();
  });

  await test.step("what is far from the window is found, and opened, live", async () => {
    await page.keyboard.press("ControlOrMeta+k");
    await page.keyboard.type(name(2_345));
    await page.getByRole("option", { name: new RegExp(`^${name(2_345)}`) }).click();
    const panel = page.getByRole("complementary", { name: name(2_345) });
    await expect(panel).toContainText("Online");
    await panel.getByRole("link", { name: "Close" }).click();
    await page.getByRole("searchbox").fill("00123");
    await expect(table(page)).toHaveAttribute("aria-rowcount", "12");
    expect(await names(page)).toEqual([123, ...Array.from({ length: 10 }, (_, digit) => 1_230 + digit)].map(name));
    await page.getByRole("searchbox").fill("");
    await expect(table(page)).toHaveAttribute("aria-rowcount", String(AGENTS + 1));
  });

  await test.step("all of it is saved", async () => {
    await page.getByRole("button", { name: "Columns and file" }).click();
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save 3,000 rows as CSV" }).click();
    const lines = (await readFile(await (await saved).path(), "utf8")).trimEnd().split("\r\n");
    expect(lines).toHaveLength(AGENTS + 1);
    expect(lines[AGENTS]).toContain(name(AGENTS - 1));
  });

  await test.step("who falls silent is told of in the window, in the counts and in the order", async () => {
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Status", exact: true }).click();
    beating?.child.kill("SIGKILL");
    await ended;
    const offline = page.getByRole("group", { name: "Filter by status" }).getByRole("button", { name: /^Offline/ });
    await expect(offline).toContainText("3,000", { timeout: 60_000 });
    await expect.poll(() => page.locator(".row--offline").count()).toBeGreaterThan(10);
    await expect(page.locator(".row--online")).toHaveCount(0);
  });
});
