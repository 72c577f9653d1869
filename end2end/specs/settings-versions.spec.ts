/** Versions: who saved what and why, two people at once, and the way back. */
import type { Browser, Page } from "@playwright/test";

import { add, foot, history, lines, minutes, openSettings, save, saver } from "../support/form.js";
import { change } from "../support/database.js";
import { ADMIN, expect, row, signIn, test } from "../support/rollcall.js";
import { changeSettings } from "../support/settings.js";
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

test("versions further back than a page are opened by their address, and compared with the one before them", async ({ page, server }) => {
  await signIn(page, server);
  for (let version = 2; version <= 24; version += 1) {
    expect(await changeSettings(page, server, { poll_every: version + 10 })).toBe(version);
  }
  await openSettings(page, server);
  await expect(history(page)).toHaveCount(20);
  // The last that is shown: the one before it is not.
  await history(page).nth(19).getByRole("button", { name: /Version 5/ }).click();
  await expect(history(page).nth(19)).toContainText("Since version 4:");
  await expect(history(page).nth(19)).toContainText("14 min → 15 min");

  await openSettings(page, server, "/settings/unreachable-network?version=3");
  await expect(history(page)).toHaveCount(24);
  await expect(history(page).nth(21)).toContainText("Since version 2:");
  await expect(history(page).nth(21)).toBeInViewport();
  await openSettings(page, server, "/settings/unreachable-network?version=1");
  await expect(history(page).nth(23)).toContainText("There is none before it to compare with.");
  await openSettings(page, server, "/settings/unreachable-network?version=99");
  await expect(page.getByText("There is no version 99.")).toBeVisible();
});

test("a version in the database that cannot be used is passed over, and the page says so", async ({ page, server, agents }) => {
  await signIn(page, server);
  await changeSettings(page, server, { poll_every: 7 });
  const visby = await agents.start("visby");
  await server.stop();
  const insert = "INSERT INTO settings (version, document, saved_at_ms, author) VALUES (?, ?, ?, ?)";
  await change(server, insert, "3", '{"heartbeat_every": 0}', "1900000000000", "mallory");
  await server.start();

  await openSettings(page, server);
  await expect(page.getByRole("note").filter({ hasText: "Version 3 in the database cannot be used and was passed over" })).toContainText("Version 2 is in force.");
  await expect(minutes(page, "poll_every")).toHaveValue("7");
  await expect(history(page).nth(0)).toContainText("Cannot be used, and was passed over");
  await expect(history(page).nth(1)).toContainText("in force");

  // The next save goes on behind it.
  await minutes(page, "poll_every").fill("8");
  await save(page, 4);
  await expect(page.getByRole("note")).toHaveCount(0);
  await page.goto(`${server.url}/agents`);
  await expect(row(page, "visby")).toContainText("Online");
  await visby.kill();
});
