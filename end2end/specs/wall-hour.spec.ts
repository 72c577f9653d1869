/** Beside the cells: contacts a second, the last hour, how the server stands, and when it could not hear. */
import type { Locator, Page } from "@playwright/test";

import { audit } from "../support/access.js";
import { banner, expect, signIn, standing, test } from "../support/rollcall.js";

test.use({ serverGoesAway: true });

const count = (page: Page, name: string): Locator =>
  page.getByRole("list", { name: "Agents by status" }).getByRole("listitem").filter({ hasText: new RegExp(`^${name}`) });
const chart = (page: Page): Locator => page.getByRole("img", { name: /An hour ago/ });

test("the wall has the hour, the contacts and how the server stands, and tells when it was away", async ({ page, server, agents }) => {
  await signIn(page, server);
  for (const name of ["lyon", "porto"]) await agents.start(name);
  await page.goto(`${server.url}/`);
  await expect(count(page, "Online")).toContainText("2");
  await expect(count(page, "Contacts")).toContainText(/[1-9]\d*\s*\/s/, { timeout: 30_000 });
  await expect(page.getByText(/^Server well, up \d+ (s|min)$/)).toBeVisible();
  await expect(chart(page)).toHaveAccessibleName(/Now: .*· 2 Online\. Minutes in which the server was blind: 0\.$/, { timeout: 30_000 });
  await audit(page, "the wall with its hour");

  await server.kill();
  await expect(banner(page)).toContainText("Not live");
  await expect(count(page, "Contacts"), "no old figure passes for one of now").toContainText("–", { timeout: 20_000 });
  // Less than a second has no card.
  await expect(banner(page)).toContainText(/is [2-9] s old/);
  await server.start();
  await expect(standing(page)).toContainText("Live", { timeout: 30_000 });
  const card = page.getByRole("region", { name: "This server was away" });
  await expect(card).toContainText(/Not running for \d+ s\. Nobody was marked offline for it\./, { timeout: 30_000 });
  await expect(chart(page)).toHaveAccessibleName(/the server was blind: [12]\.$/);
  await audit(page, "the wall after the server was away");
});
