/** One agent over days: what it was, part by part, on the screen, by keys and on paper. */
import type { Locator, Page } from "@playwright/test";

import { audit } from "../support/access.js";
import { expect, lasted, row, signIn, standing, test } from "../support/rollcall.js";

test.use({ serverGoesAway: true });

const chart = (page: Page): Locator => page.getByRole("group", { name: "Presence, part by part" });
const told = (page: Page): Locator => page.getByRole("region", { name: "Presence" }).getByRole("status");
const bars = (page: Page): Locator => chart(page).getByRole("img");

test("the history of an agent tells online, offline and unknown apart", async ({ page, server, agents }) => {
  await signIn(page, server);
  await page.goto(`${server.url}/agents`);
  const lyon = await agents.start("lyon");
  await expect(row(page, "lyon")).toContainText("Online");
  await lasted(1_200);
  await lyon.stop();
  await expect(row(page, "lyon")).toContainText("Offline");
  await lasted(1_200);
  await server.kill();
  await lasted(1_500);
  await server.start();
  await expect(standing(page)).toContainText(/^Live/, { timeout: 30_000 });

  await row(page, "lyon").getByRole("link").click();
  await page.getByRole("link", { name: /^History/ }).click();
  await expect(page).toHaveURL(/\/agents\/[^/]+\/history$/);
  await expect(page.getByRole("heading", { name: "lyon" })).toBeVisible();
  await expect(bars(page)).toHaveCount(1);
  await expect(bars(page)).toHaveAccessibleName(/online \d+ s, offline \d+ s, unknown \d+ s/);
  await expect(page.getByRole("list", { name: "Its transitions" }).getByRole("listitem")).toHaveCount(3);
  await audit(page, "the history of an agent, a day");

  await test.step("the arrows go from part to part", async () => {
    await chart(page).focus();
    await page.keyboard.press("ArrowRight");
    const last = await told(page).innerText();
    expect(last).toMatch(/^(Offline|Unknown: the server was blind) for \d+ s, from .* to /);
    const seen = [last];
    for (let step = 0; step < 3; step += 1) {
      await page.keyboard.press("ArrowLeft");
      seen.push(await told(page).innerText());
    }
    expect(seen.join("\n")).toContain("Online for");
    expect(seen.join("\n")).toContain("Unknown: the server was blind for");
  });

  await test.step("the address holds the period, a week has a row a day", async () => {
    await page.getByRole("button", { name: "7 days" }).click();
    await expect(page).toHaveURL(/\/history\?period=week$/);
    await expect(bars(page)).toHaveCount(7);
    await audit(page, "the history of an agent, a week");
    await page.reload();
    await expect(bars(page)).toHaveCount(7);
    await page.getByRole("button", { name: "30 days" }).click();
    await expect(bars(page)).toHaveCount(30);
    await page.goBack();
  });

  await test.step("on paper there is the report and nothing else", async () => {
    await page.goto(`${page.url().replace(/[?#].*$/, "").replace(/\/history$/, "")}/history`);
    await expect(bars(page)).toHaveCount(1);
    await page.emulateMedia({ media: "print" });
    await expect(page.getByRole("navigation", { name: "Rooms" })).toBeHidden();
    await expect(page.getByRole("button", { name: "Print" })).toBeHidden();
    await expect(page.getByText(/the last 24 hours · printed \d/)).toBeVisible();
    await expect(page.getByRole("heading", { name: "lyon" })).toBeVisible();
    await page.emulateMedia({ media: "screen" });
  });
});

test("an id that is nobody's says so", async ({ page, server }) => {
  await signIn(page, server);
  await page.goto(`${server.url}/agents/0000000000000/history`);
  await expect(page.getByText("No such agent")).toBeVisible();
  await audit(page, "the history of nobody");
});
