/** A list much longer than the screen: only a window of it is here, and it is used as if all of it were. */
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

test("a list of thousands is scrolled, walked and ticked as a whole, and costs what is shown", async ({ page, server }) => {
  await signIn(page, server);
  // Until the last step, however long the others take.
  beating = fleet(server, AGENTS, 600);
  beating.catch(() => {});
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

  await test.step("a stretch is ticked from one end to the other", async () => {
    await page.locator(".table").evaluate((frame) => frame.scrollTo(0, 0));
    await row(page, name(1)).locator(".cell--tick").click();
    await page.locator(".table").evaluate((frame) => frame.scrollTo(0, frame.scrollHeight));
    await row(page, name(AGENTS - 3)).locator(".cell--tick").click({ modifiers: ["Shift"] });
    await expect(bar(page)).toContainText("2,997 selected");
    await expect(row(page, name(AGENTS - 1)).getByRole("checkbox")).not.toBeChecked();
  });
});
