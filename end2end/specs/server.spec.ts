/** How the server itself stands: what it promises, measured, and what it knows only from before it was away. */
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";

import { expect, paint, row, signIn, test } from "../support/rollcall.js";

const picture = (page: Page) => page.getByTestId("picture");
const promise = (page: Page, name: string) => page.getByRole("row", { name });

async function audit(page: Page): Promise<void> {
  for (const theme of ["dark", "light"] as const) {
    await paint(page, theme);
    expect((await new AxeBuilder({ page }).analyze()).violations, theme).toEqual([]);
  }
}

test("a killed agent is among what the promise is measured by", async ({ page, server, agents }) => {
  await signIn(page, server);
  const umea = await agents.start("umea");
  await page.goto(`${server.url}/agents`);
  await expect(row(page, "umea")).toContainText("Online");
  await umea.kill();
  await expect(row(page, "umea")).toContainText("Offline");

  await page.goto(`${server.url}/settings`);
  await page.getByRole("link", { name: "Status" }).click();
  await expect(page).toHaveURL(`${server.url}/settings/server`);
  await expect(picture(page)).toContainText("Complete.");
  for (const name of ["From a deadline to its transition", "From a transition to the consoles"]) {
    await expect(promise(page, name)).toContainText(/ms|µs/);
    await expect(promise(page, name).getByRole("cell").first()).not.toHaveText("0");
  }
  await expect(page.getByRole("listitem").filter({ hasText: "Database" })).toContainText("Well");
  await audit(page);
});
