/** The wall: every agent a cell, live, by pointer and by keys, through a server that goes and comes. */
import type { Locator, Page } from "@playwright/test";

import { audit } from "../support/access.js";
import { makeDomain, putInto } from "../support/domains.js";
import { fleet } from "../support/fleet.js";
import { banner, expect, mark, marked, signIn, standing, test } from "../support/rollcall.js";

test.use({ serverGoesAway: true });

const sky = (page: Page): Locator => page.getByRole("application", { name: "Agents as cells" });
/** What is said of the cell that is pointed at. */
const pointed = (page: Page): Locator => page.getByTestId("pointed");
/** How many there are, by the words of a status. */
const count = (page: Page, status: string): Locator =>
  page.getByRole("list", { name: "Agents by status" }).getByRole("listitem").filter({ hasText: new RegExp(`^${status}`) });
const latest = (page: Page): Locator => page.getByRole("list", { name: "Latest transitions" }).getByRole("listitem");

/** The colours on the canvas, by how many pixels each has. */
async function colours(page: Page): Promise<Map<string, number>> {
  const counted = await page.evaluate(() => {
    const canvas = document.querySelector("canvas");
    const context = canvas?.getContext("2d");
    if (!canvas || !context || canvas.width === 0) return [];
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const counts = new Map<string, number>();
    for (let at = 0; at < data.length; at += 4) {
      const colour = `#${[data[at], data[at + 1], data[at + 2]].map((part) => (part ?? 0).toString(16).padStart(2, "0")).join("")}`;
      counts.set(colour, (counts.get(colour) ?? 0) + 1);
    }
    return [...counts];
  });
  return new Map(counted);
}

/** The colour of a status in the theme that is shown. */
const colour = (page: Page, status: string): Promise<string> =>
  page.evaluate((status) => getComputedStyle(document.documentElement).getPropertyValue(`--${status}`).trim(), status);

test("agents are cells by domain, change as they change, and are told of when they are pointed at", async ({ page, server, agents }) => {
  await signIn(page, server);
  const oslo = await makeDomain(page, server, "Oslo");
  await page.goto(`${server.url}/wall`);
  await expect(page.getByText("No agents yet.")).toBeVisible();
  await audit(page, "the wall, empty");
  await mark(page);

  const lyon = await agents.start("lyon");
  for (const name of ["porto", "umea"]) await agents.start(name);
  await expect(count(page, "Online")).toContainText("3");
  await putInto(page, server, "umea", oslo);
  await expect(page.getByText("Oslo", { exact: true })).toBeVisible();

  await test.step("the keys go from cell to cell, and a cell says who it is", async () => {
    await sky(page).focus();
    const told: string[] = [];
    for (let place = 0; place < 3; place += 1) {
      await page.keyboard.press("ArrowDown");
      const words = async (): Promise<string> => {
        const now = await pointed(page).innerText();
        return told.includes(now) ? "" : now;
      };
      await expect.poll(words, "each cell is another").toMatch(/^(lyon|porto|umea) · Online since .* registration · All/);
      told.push(await words());
    }
    expect(told.filter((words) => words.endsWith("All › Oslo"))).toHaveLength(1);
    await page.keyboard.press("Escape");
    await expect(pointed(page)).toBeEmpty();
  });

  await test.step("so does the pointer", async () => {
    await sky(page).hover({ position: { x: 5, y: 26 } });
    await expect(pointed(page)).toContainText(/lyon|porto/);
  });

  await test.step("who stops changes colour, count and the list of the latest", async () => {
    const [online, offline] = [await colour(page, "online-cell"), await colour(page, "offline")];
    const before = (await colours(page)).get(online) ?? 0;
    expect(before).toBeGreaterThan(0);
    expect((await colours(page)).get(offline) ?? 0).toBe(0);
    await lyon.stop();
    await expect(count(page, "Offline")).toContainText("1");
    await expect.poll(async () => (await colours(page)).get(offline) ?? 0).toBeGreaterThan(0);
    expect((await colours(page)).get(online) ?? 0).toBeLessThan(before);
    await expect(latest(page).first()).toContainText(/lyon.*Offline/);
  });
  expect(await marked(page), "all of it without a reload").toBe(true);
  await audit(page, "the wall");

  await test.step("Enter opens the agent", async () => {
    await sky(page).focus();
    await page.keyboard.press("ArrowDown");
    await expect(pointed(page)).toContainText(/lyon|porto|umea/);
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/\/agents\/[^/]+$/);
    // Another document: its keys are there once it is.
    await expect(page.getByRole("table", { name: "Agents" })).toBeVisible();
    await expect(standing(page)).toContainText("Live");
    await page.keyboard.press("g");
    await page.keyboard.press("w");
    await expect(page).toHaveURL(`${server.url}/wall`);
  });
});

test("a wall outlives its server, says meanwhile that it is not live, and has nothing else on it where it hangs", async ({ page, server, agents }) => {
  await signIn(page, server);
  await agents.start("turin");
  await page.goto(`${server.url}/wall?kiosk`);
  await expect(count(page, "Online")).toContainText("1");
  await expect(page.getByRole("navigation", { name: "Rooms" })).toBeHidden();
  await expect(standing(page)).toContainText("Live");
  await mark(page);

  await server.kill();
  await expect(banner(page)).toContainText("Not live");
  await expect(count(page, "Online"), "what was known stays").toContainText("1");
  await server.start();
  await expect(banner(page)).toBeHidden({ timeout: 30_000 });
  await expect(count(page, "Online")).toContainText("1");
  await expect.poll(async () => (await colours(page)).get(await colour(page, "online-cell")) ?? 0).toBeGreaterThan(0);
  expect(await marked(page), "without a reload").toBe(true);
});

test("a wall that nobody chose a theme for turns with the system", async ({ page, server, agents }) => {
  await page.emulateMedia({ colorScheme: "dark" });
  await signIn(page, server);
  await agents.start("lyon");
  await page.goto(`${server.url}/wall`);
  await expect(count(page, "Online")).toContainText("1");
  const drawn = async (): Promise<number> => (await colours(page)).get(await colour(page, "online-cell")) ?? 0;
  await expect.poll(drawn).toBeGreaterThan(0);
  const dark = await colour(page, "online-cell");
  await page.emulateMedia({ colorScheme: "light" });
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
  await expect.poll(drawn, "cells in the colours of the light one").toBeGreaterThan(0);
  expect((await colours(page)).get(dark) ?? 0).toBe(0);
});

test("a fleet that comes, falls silent and comes back is on the wall, zoomed or not", async ({ page, server }) => {
  await signIn(page, server);
  await page.goto(`${server.url}/wall`);
  await expect(standing(page)).toContainText("Live");
  let beating = fleet(server, 600, 4);
  await expect(count(page, "Online")).toContainText("600", { timeout: 60_000 });
  const [online, offline] = [await colour(page, "online-cell"), await colour(page, "offline")];
  await expect.poll(async () => (await colours(page)).get(online) ?? 0).toBeGreaterThan(600);
  // It ends without a word.
  await beating;
  await expect(count(page, "Offline")).toContainText("600", { timeout: 30_000 });
  await expect.poll(async () => (await colours(page)).get(online) ?? 0).toBe(0);
  expect((await colours(page)).get(offline) ?? 0).toBeGreaterThan(600);

  await sky(page).focus();
  for (let step = 0; step < 8; step += 1) await page.keyboard.press("+");
  const scrolls = (): Promise<boolean> => sky(page).evaluate((frame) => frame.scrollHeight > frame.clientHeight + 10);
  await expect.poll(scrolls, "larger than the screen").toBe(true);
  await sky(page).evaluate((frame) => frame.scrollTo(0, frame.scrollHeight));
  await expect.poll(async () => (await colours(page)).get(offline) ?? 0).toBeGreaterThan(0);
  await page.keyboard.press("0");
  await expect.poll(scrolls).toBe(false);

  beating = fleet(server, 600, 4);
  await expect(count(page, "Online")).toContainText("600", { timeout: 30_000 });
  await expect.poll(async () => (await colours(page)).get(offline) ?? 0).toBe(0);
  await beating;
});
