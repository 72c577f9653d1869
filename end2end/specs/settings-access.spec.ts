/** Everybody can use the settings: by the keyboard alone, and axe finds nothing. */
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";

import { add, adder, foot, history, lines, minutes, openSettings, saver, toggle } from "../support/form.js";
import { ADMIN, expect, paint, signIn, test } from "../support/rollcall.js";
import { changeSettings } from "../support/settings.js";

async function audit(page: Page, what: string): Promise<void> {
  for (const theme of ["dark", "light"] as const) {
    await paint(page, theme);
    const { violations } = await new AxeBuilder({ page }).analyze();
    const found = violations.map(({ id, help, nodes }) => ({ id, help, at: nodes.map((node) => node.html) }));
    expect.soft(found, `${what}, ${theme}`).toEqual([]);
  }
}

test("axe finds nothing: at rest, with refusals, a long list, history and a conflict", async ({ page, server, agents }) => {
  await signIn(page, server);
  const umea = await agents.start("umea");
  await openSettings(page, server);
  await audit(page, "the settings, empty");
  await umea.kill();

  await add(page, "10.12.0.0/16, 10.0.0.5/8, printer, 192.168.40.10-192.168.43.250");
  await minutes(page, "heartbeat_every").fill("abc");
  await minutes(page, "offline_after").fill("");
  await audit(page, "with refusals");
  await page.getByRole("button", { name: "Discard" }).click();

  await add(page, Array.from({ length: 40 }, (_, n) => `10.0.${n}.0/24`).join("\n"));
  await toggle(page).setChecked(false);
  await audit(page, "a long list, no heartbeat");
  await saver(page).click();
  await expect(foot(page)).toContainText("Saved as version 2.");
  await history(page).nth(0).getByRole("button", { name: /Version 2/ }).click();
  await expect(history(page).nth(0)).toContainText("and 20 more added");
  await audit(page, "history");

  await minutes(page, "poll_every").fill("9");
  await changeSettings(page, server, { poll_every: 8 });
  await saver(page).click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await audit(page, "a conflict");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();
  await expect(minutes(page, "poll_every")).toHaveValue("9");
});

test("the keyboard alone adds, corrects, sets and saves", async ({ page, server }) => {
  await signIn(page, server);
  await openSettings(page, server);
  const { keyboard } = page;
  /** Tab until something has the keyboard, as a person would. */
  const tabTo = async (what: ReturnType<Page["locator"]>): Promise<void> => {
    for (let presses = 0; presses < 60; presses += 1) {
      if (await what.evaluate((element) => element === document.activeElement)) return;
      await keyboard.press("Tab");
    }
    throw new Error("the keyboard does not get there");
  };
  await tabTo(adder(page));
  await keyboard.type("10.0.0.5/8");
  await keyboard.press("Enter");
  await expect(adder(page)).toBeFocused();
  await keyboard.press("Shift+Tab");
  await keyboard.press("Shift+Tab");
  await expect(page.getByRole("button", { name: "Use 10.0.0.0/8" })).toBeFocused();
  await keyboard.press("Enter");
  await expect(lines(page).locator("code")).toHaveText(["10.0.0.0/8"]);
  await expect(adder(page)).toBeFocused();

  await tabTo(minutes(page, "poll_every"));
  await keyboard.press("ControlOrMeta+a");
  await keyboard.type("12");
  const scope = page.getByRole("group", { name: "Who sends heartbeat" });
  await tabTo(scope.getByRole("radio", { name: "All agents", exact: true }));
  await keyboard.press("ArrowDown");
  await expect(scope.getByRole("radio", { name: "Only agents in the unreachable network" })).toBeChecked();
  await expect(page.getByText("All other agents send none")).toBeVisible();
  await tabTo(minutes(page, "heartbeat_every"));
  await keyboard.press("ControlOrMeta+a");
  await keyboard.type("6");
  await expect(page.getByText("An agent that is well and sends heartbeat every 6 min would be shown offline. 13 minutes or more are recommended.")).toBeVisible();
  await tabTo(page.getByRole("button", { name: "Use 13 minutes" }));
  await keyboard.press("Enter");
  await expect(minutes(page, "offline_after")).toHaveValue("13");
  await tabTo(page.getByLabel("Note for the history, optional"));
  await keyboard.type("By hand");
  await keyboard.press("Enter");
  await expect(foot(page)).toContainText("Saved as version 2.");
  await expect(history(page).nth(0)).toContainText("By hand");
});

test("who may not save may look", async ({ page, server, browser }) => {
  await signIn(page, server);
  await changeSettings(page, server, { unreachable_network: ["10.0.0.0/8"] });
  // The server has no call for other people yet: the session's own answer is what the console goes by.
  const looking = await (await browser.newContext({ storageState: await page.context().storageState() })).newPage();
  await looking.route("**/api/v1/session", (route) => route.fulfill({ json: { user: "0000000000001", name: ADMIN.name, role: "viewer", expires_at_ms: 4102444800000 } }));
  await openSettings(looking, server);
  await expect(looking.getByText("Only admins change settings. You may look.")).toBeVisible();
  await expect(lines(looking).locator("code")).toHaveText(["10.0.0.0/8"]);
  await expect(saver(looking)).toBeHidden();
  await expect(adder(looking)).toBeHidden();
  await expect(toggle(looking)).toBeDisabled();
  await looking.context().close();
});
