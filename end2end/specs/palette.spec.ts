/** The palette: from anywhere to anywhere by some letters. */
import type { Locator, Page } from "@playwright/test";

import { audit } from "../support/access.js";
import { expect, row, signIn, standing, test } from "../support/rollcall.js";

const field = (page: Page): Locator => page.getByRole("combobox", { name: "Find a page, an agent, an act" });
const offers = (page: Page): Locator => page.getByRole("option");

test("some letters and Enter lead to a page, to an agent, and to a search", async ({ page, server, agents }) => {
  await signIn(page, server);
  await page.goto(`${server.url}/agents`);
  for (const name of ["lyon", "lyon-north", "porto"]) await agents.start(name);
  await expect(row(page, "porto")).toContainText("Online");

  await page.keyboard.press("Control+k");
  await expect(field(page)).toBeFocused();
  await expect(offers(page).first()).toHaveText(/Wall/);
  await audit(page, "the palette");
  await field(page).fill("lyo");
  await expect(offers(page)).toHaveText([/^lyon\s*agent/, /^lyon-north/, /^Find agents: lyo/]);
  await page.keyboard.press("ArrowDown");
  await expect(offers(page).nth(1)).toHaveAttribute("aria-selected", "true");
  await audit(page, "the palette, with agents");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/agents\/[^/]+$/);
  await expect(page.getByRole("heading", { name: "lyon-north" })).toBeVisible();

  await page.keyboard.press("Control+k");
  await page.keyboard.press("Escape");
  await expect(field(page)).toBeHidden();
  await expect(page.getByRole("heading", { name: "lyon-north" }), "Escape closed the palette alone").toBeVisible();

  await page.keyboard.press("Control+k");
  await field(page).fill("port");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${server.url}/agents?q=port`);
  await expect(row(page, "lyon")).toBeHidden();

  await page.getByRole("button", { name: "Find" }).click();
  await field(page).fill("server st");
  await offers(page).first().click();
  await expect(page).toHaveURL(`${server.url}/settings/server`);
  await expect(standing(page)).toContainText("Live");
  await page.keyboard.press("Control+k");
  await field(page).fill("wall");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${server.url}/wall`);
});
