/** Versions: who saved what and why, two people at once, and the way back. */
import type { Browser, Page } from "@playwright/test";

import { add, foot, history, lines, minutes, openSettings, save, saver } from "../support/form.js";
import { ADMIN, expect, signIn, test } from "../support/rollcall.js";
import type { Server } from "../support/server.js";

/** A second person's window: the same account, another session. */
async function another(browser: Browser, server: Server): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  const headers = { origin: server.url };
  const signed = await page.request.post(`${server.url}/api/v1/session`, { headers, data: ADMIN });
  expect(signed.ok()).toBe(true);
  return page;
}

const dialog = (page: Page) => page.getByRole("dialog", { name: "Somebody saved before you" });

test("a save is a version with author and note; history tells what changed, and leads back", async ({ page, server }) => {
  await signIn(page, server);
  await openSettings(page, server);
  await expect(foot(page)).toContainText("Version 1 · the server's flags");
  await add(page, "10.12.0.0/16");
  await minutes(page, "poll_every").fill("7");
  await save(page, 2, "The depot's NAT");
  await expect(foot(page)).toContainText("Version 2 · ada");
  await minutes(page, "offline_after").fill("9");
  await save(page, 3);

  await expect(history(page)).toHaveCount(3);
  await expect(history(page).nth(0)).toContainText("in force");
  await history(page).nth(1).getByRole("button", { name: /Version 2/ }).click();
  await expect(history(page).nth(1)).toContainText("The depot's NAT");
  await expect(history(page).nth(1)).toContainText("+ 10.12.0.0/16");
  await expect(history(page).nth(1)).toContainText("6 min → 7 min");
  await expect(page).toHaveURL(/\?version=2$/);

  // The address opens it for whoever it is sent to.
  await page.reload();
  await expect(history(page).nth(1)).toContainText("+ 10.12.0.0/16");
  await history(page).nth(2).getByRole("button", { name: /Version 1/ }).click();
  await history(page).nth(2).getByRole("button", { name: "Return to this version" }).click();
  await expect(lines(page)).toHaveCount(0);
  await expect(minutes(page, "poll_every")).toHaveValue("6");
  await expect(page.getByLabel("Note for the history, optional")).toBeFocused();
  await saver(page).click();
  await expect(foot(page)).toContainText("Saved as version 4.");
  await expect(history(page).nth(0)).toContainText("Return to version 1");
});

test("what is saved elsewhere arrives by itself where nothing is typed", async ({ page, server, browser }) => {
  await signIn(page, server);
  await openSettings(page, server);
  const other = await another(browser, server);
  await openSettings(other, server);
  await minutes(other, "poll_every").fill("9");
  await save(other, 2);
  await expect(minutes(page, "poll_every")).toHaveValue("9");
  await expect(foot(page)).toContainText("Version 2 · ada");
  await other.context().close();
});

test("of two who save at once the second sees both, and chooses", async ({ page, server, browser }) => {
  await signIn(page, server);
  await openSettings(page, server);
  await add(page, "10.1.0.0/16");
  await minutes(page, "poll_every").fill("8");
  const other = await another(browser, server);
  await openSettings(other, server);
  await add(other, "10.2.0.0/16");
  await minutes(other, "poll_every").fill("9");
  await minutes(other, "offline_after").fill("20");
  await save(other, 2, "Mine first");
  await expect(page.getByText("Version 2 was saved meanwhile.")).toBeVisible();

  await saver(page).click();
  await expect(dialog(page)).toContainText("ada saved version 2 while you changed version 1. Nothing of yours is saved yet.");
  const row = (name: string) => dialog(page).getByRole("row").filter({ has: page.getByRole("rowheader", { name, exact: true }) });
  await expect(row("Agents poll every")).toContainText("6 min");
  await expect(row("Agents poll every")).toContainText("9 min");
  await expect(row("Agents poll every")).toContainText("8 min");
  await expect(row("Agents poll every").getByRole("radio", { name: "yours" })).toBeChecked();
  await expect(row("Offline without heartbeat after").getByRole("radio", { name: "theirs" })).toBeChecked();
  await expect(row("Unreachable network").getByRole("radio", { name: "both" })).toBeChecked();
  await dialog(page).getByRole("button", { name: "Save as chosen" }).click();
  await expect(foot(page)).toContainText("Saved as version 3.");
  await expect(lines(page).locator("code")).toHaveText(["10.2.0.0/16", "10.1.0.0/16"]);
  await expect(minutes(page, "poll_every")).toHaveValue("8");
  await expect(minutes(page, "offline_after")).toHaveValue("20");

  await test.step("or takes theirs", async () => {
    await minutes(other, "poll_every").fill("11");
    await minutes(page, "poll_every").fill("12");
    await save(page, 4);
    await saver(other).click();
    await dialog(other).getByRole("button", { name: "Take theirs" }).click();
    await expect(minutes(other, "poll_every")).toHaveValue("12");
    await expect(foot(other)).toContainText("Version 4 · ada");
  });

  await test.step("or saves over it, knowingly", async () => {
    await minutes(other, "poll_every").fill("13");
    await minutes(page, "poll_every").fill("14");
    await save(page, 5);
    await saver(other).click();
    await dialog(other).getByRole("button", { name: "Keep mine, save over theirs" }).click();
    await expect(foot(other)).toContainText("Saved as version 6.");
    await expect(minutes(page, "poll_every")).toHaveValue("13");
  });
  await other.context().close();
});

test("leaving with something typed asks first", async ({ page, server }) => {
  await signIn(page, server);
  await openSettings(page, server);
  await minutes(page, "poll_every").fill("8");
  const asked = page.waitForEvent("dialog");
  void page.getByRole("link", { name: "Agents" }).click();
  const dialog = await asked;
  expect(dialog.type()).toBe("beforeunload");
  await dialog.dismiss();
  await expect(minutes(page, "poll_every")).toHaveValue("8");
  await page.getByRole("button", { name: "Discard" }).click();
  await page.getByRole("link", { name: "Agents" }).click();
  await expect(page).toHaveURL(`${server.url}/agents`);
});
