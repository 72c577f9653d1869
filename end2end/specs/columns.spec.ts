/** Which columns the table has is chosen, remembered and in the address; what is shown can be saved as a file. */
import { readFile } from "node:fs/promises";

import type { Locator, Page } from "@playwright/test";

import { audit } from "../support/access.js";
import { expect, row, signIn, test } from "../support/rollcall.js";

const menu = (page: Page): Locator => page.getByRole("group", { name: "Columns and file" });
const heads = (page: Page): Promise<string[]> => page.getByRole("table", { name: "Agents" }).getByRole("columnheader").allInnerTexts();
const openMenu = (page: Page): Promise<void> => page.getByRole("button", { name: "Columns and file" }).click();

test("columns are chosen, kept by the browser and by the address, and sort", async ({ page, server, agents }) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await signIn(page, server);
  await page.goto(`${server.url}/agents`);
  for (const name of ["lyon", "porto"]) await agents.start(name);
  await expect(row(page, "porto")).toContainText("Online");

  await openMenu(page);
  await expect(menu(page).getByLabel("Domain"), "as many as there is room for").toBeChecked();
  await audit(page, "the menu of columns");
  await menu(page).getByLabel("Version").uncheck();
  await menu(page).getByLabel("Why").uncheck();
  await page.keyboard.press("Escape");
  await expect(page).toHaveURL(`${server.url}/agents?columns=status,since,contact,domain,address`);
  const shown = ["", "Agent", "Status", "Since", "Last contact", "Domain", "Address"];
  const words = async (): Promise<string[]> => (await heads(page)).map((head) => head.replace(/[↑↓]/g, "").trim());
  expect(await words()).toEqual(shown);
  await audit(page, "the table with chosen columns");

  await page.getByRole("button", { name: "Address" }).click();
  await expect(page).toHaveURL(/sort=address/);
  await expect(page.getByRole("columnheader", { name: "Address" })).toHaveAttribute("aria-sort", "ascending");

  await page.goto(`${server.url}/agents`);
  await expect(row(page, "porto")).toContainText("Online");
  expect(await words(), "as they were chosen last").toEqual(shown);

  await openMenu(page);
  await menu(page).getByRole("button", { name: "As many as there is room for" }).click();
  await page.keyboard.press("Escape");
  await expect(page).toHaveURL(`${server.url}/agents`);
  await expect.poll(words, "at once").toContain("Version");
  await page.reload();
  await expect(row(page, "porto")).toContainText("Online");
  expect(await words(), "and from then on").toContain("Version");
});

test("what is shown is saved as a file, with the columns and in the order of the table", async ({ page, server, agents }) => {
  await signIn(page, server);
  await page.goto(`${server.url}/agents?columns=status,version&sort=-name`);
  for (const name of ["lyon", "porto", "umea"]) await agents.start(name);
  await expect(row(page, "umea")).toContainText("Online");
  await page.getByRole("searchbox").fill("o");
  await expect(row(page, "umea")).toBeHidden();
  await openMenu(page);
  const saved = page.waitForEvent("download");
  await menu(page).getByRole("button", { name: "Save 2 rows as CSV" }).click();
  const file = await saved;
  expect(file.suggestedFilename()).toMatch(/^rollcall-agents-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.csv$/);
  const lines = (await readFile(await file.path(), "utf8")).split("\r\n");
  expect(lines[0]).toBe("Agent,Status,Version,Id");
  expect(lines[1]).toMatch(/^porto,Online,\d+\.\d+\.\d+,\w+$/);
  expect(lines[2]).toMatch(/^lyon,Online,/);
  expect(lines).toHaveLength(4);
});
