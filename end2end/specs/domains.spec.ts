/** The agent tree and the tokens of its domains: by mouse, by keyboard alone, refused, and used by real agents. */
import AxeBuilder from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";

import { ADMIN, expect, mark, marked, paint, row, signIn, test } from "../support/rollcall.js";
import { until } from "../support/until.js";
import type { Server } from "../support/server.js";

const tree = (page: Page): Locator => page.getByRole("treegrid", { name: "Domains" });
/** The line of a domain. */
const line = (page: Page, name: string): Locator =>
  tree(page).getByRole("row").filter({ has: page.getByRole("rowheader", { name, exact: true }) });
const title = (page: Page): Locator => page.locator("#domain-title");
const dialog = (page: Page): Locator => page.getByRole("dialog");
const button = (page: Page, name: string): Locator => page.getByRole("button", { name, exact: true });
const tokens = (page: Page): Locator => page.getByRole("list", { name: "Enrolment tokens" }).getByRole("listitem");
const past = (page: Page): Locator => page.getByRole("list", { name: "Tokens that enrol no more" }).getByRole("listitem");

async function open(page: Page, server: Server): Promise<void> {
  await page.goto(`${server.url}/domains`);
  await expect(line(page, "All")).toBeVisible();
}

/** Makes a domain in the one that is looked at. */
async function make(page: Page, name: string): Promise<void> {
  await button(page, "New domain in it").click();
  await dialog(page).getByLabel("Name").fill(name);
  await dialog(page).getByRole("button", { name: "Make it" }).click();
  await expect(dialog(page)).toBeHidden();
  await expect(title(page)).toHaveText(name);
}

/** Names and levels of the lines, from the top. */
async function shape(page: Page): Promise<string[]> {
  return tree(page)
    .locator("tbody tr")
    .evaluateAll((rows) => rows.map((row) => `${row.getAttribute("aria-level")} ${row.querySelector(".folders__word")?.textContent}`));
}

/** What a reader of the screen is told was done. */
const said = (page: Page, words: string): Locator => page.getByRole("status").getByText(words, { exact: true });

async function audit(page: Page, what: string): Promise<void> {
  for (const theme of ["dark", "light"] as const) {
    await paint(page, theme);
    const { violations } = await new AxeBuilder({ page }).analyze();
    const found = violations.map(({ id, help, nodes }) => ({ id, help, at: nodes.map((node) => node.html) }));
    expect.soft(found, `${what}, ${theme}`).toEqual([]);
  }
}

test("a domain is made, renamed, moved and deleted by mouse, and what is refused says why beside its field", async ({ page, server }) => {
  await signIn(page, server);
  await page.goto(`${server.url}/agents`);
  await page.getByRole("link", { name: "Domains and enrolment" }).click();
  await expect(page).toHaveURL(`${server.url}/domains`);
  await expect(page.getByText("All agents are in one domain.")).toBeVisible();
  await mark(page);

  await test.step("made, one in the other", async () => {
    await make(page, "Europe");
    await expect(page).toHaveURL(/\/domains\?domain=\d+$/);
    await make(page, "Berlin");
    await line(page, "All").click();
    await make(page, "Lagos");
    await expect.poll(() => shape(page)).toEqual(["1 All", "2 Europe", "3 Berlin", "2 Lagos"]);
  });

  await test.step("a name that is taken is refused beside the field, one that is none too", async () => {
    await line(page, "All").click();
    await button(page, "New domain in it").click();
    await dialog(page).getByLabel("Name").fill("EUROPE");
    await dialog(page).getByRole("button", { name: "Make it" }).click();
    await expect(page.locator("#domain-name-refusal")).toContainText("Another domain there has this name");
    await audit(page, "a new domain, refused");
    await dialog(page).getByLabel("Name").fill("  ");
    await dialog(page).getByRole("button", { name: "Make it" }).click();
    await expect(page.locator("#domain-name-refusal")).toContainText("Allowed: 1 to 64 characters");
    await page.keyboard.press("Escape");
    await expect(dialog(page)).toBeHidden();
  });

  await test.step("renamed", async () => {
    await line(page, "Berlin").click();
    await button(page, "Rename").click();
    await expect(dialog(page).getByLabel("Name")).toHaveValue("Berlin");
    const rename = async (): Promise<void> => {
      await dialog(page).getByLabel("Name").fill("Leipzig");
      await dialog(page).getByRole("button", { name: "Rename" }).click();
      await expect(title(page)).toHaveText("Leipzig");
    };
    await rename();
    await expect(said(page, "Berlin is called Leipzig now")).toBeAttached();
    await page.keyboard.press("ControlOrMeta+z");
    await expect(title(page), "taken back").toHaveText("Berlin");
    await expect(said(page, "Taken back")).toBeAttached();
    await button(page, "Rename").click();
    await rename();
    await expect(line(page, "Leipzig")).toBeVisible();
    await expect(line(page, "Berlin")).toHaveCount(0);
  });

  await test.step("moved, and only where it can go", async () => {
    await line(page, "Europe").click();
    await button(page, "Move").click();
    await expect(dialog(page).getByRole("radio")).toHaveCount(1);
    await expect(dialog(page).getByRole("radio", { name: "All › Lagos" })).toBeChecked();
    await audit(page, "moving a domain");
    await dialog(page).getByLabel("Find the domain").fill("nowhere");
    await expect(dialog(page).getByText("None fits.")).toBeVisible();
    await dialog(page).getByLabel("Find the domain").fill("lag");
    await dialog(page).getByRole("button", { name: "Move" }).click();
    await expect(dialog(page)).toBeHidden();
    await expect.poll(() => shape(page)).toEqual(["1 All", "2 Lagos", "3 Europe", "4 Leipzig"]);
    await expect(page.getByText("in All › Lagos")).toBeVisible();
    await page.locator(".toast").hover();
    await audit(page, "a domain that was moved, and the way back");
    await page.getByRole("button", { name: "Undo" }).click();
    await expect.poll(() => shape(page), "taken back").toEqual(["1 All", "2 Europe", "3 Leipzig", "2 Lagos"]);
    await button(page, "Move").click();
    await dialog(page).getByRole("button", { name: "Move" }).click();
    await expect.poll(() => shape(page)).toEqual(["1 All", "2 Lagos", "3 Europe", "4 Leipzig"]);
  });

  await test.step("one that holds another is not deleted, an empty one is", async () => {
    await button(page, "Delete").click();
    await expect(dialog(page)).toContainText("1 domain in it must be moved or deleted first.");
    await dialog(page).getByRole("button", { name: "Delete" }).click();
    await expect(dialog(page).getByRole("alert")).toContainText("In this domain there are still 1 domain.");
    await audit(page, "deleting a domain, refused");
    await dialog(page).getByRole("button", { name: "Cancel" }).click();
    await line(page, "Leipzig").click();
    await button(page, "Delete").click();
    await dialog(page).getByRole("button", { name: "Delete" }).click();
    await expect(title(page)).toHaveText("Europe");
    await expect.poll(() => shape(page)).toEqual(["1 All", "2 Lagos", "3 Europe"]);
  });

  await test.step("the one that holds all is renamed, and neither moved nor deleted", async () => {
    await line(page, "All").click();
    await expect(button(page, "Rename")).toBeVisible();
    await expect(button(page, "Move")).toBeHidden();
    await expect(button(page, "Delete")).toBeHidden();
  });
  expect(await marked(page), "all of it without a reload").toBe(true);
});

test("the keyboard alone makes, renames, moves and deletes domains, and makes a token", async ({ page, server }) => {
  await signIn(page, server);
  await open(page, server);
  const { keyboard } = page;
  /** Tab until something has the keyboard, as a person would. */
  const tabTo = async (what: Locator): Promise<void> => {
    for (let presses = 0; presses < 40; presses += 1) {
      if (await what.evaluate((element) => element === document.activeElement)) return;
      await keyboard.press("Tab");
    }
    throw new Error("the keyboard does not get there");
  };
  for (const name of ["Europe", "Paris"]) {
    await tabTo(button(page, "New domain in it"));
    await keyboard.press("Enter");
    await expect(dialog(page).getByLabel("Name")).toBeFocused();
    await keyboard.type(name);
    await keyboard.press("Enter");
    await expect(title(page)).toHaveText(name);
    await expect(button(page, "New domain in it")).toBeFocused();
  }

  await test.step("arrows walk the tree", async () => {
    await tabTo(line(page, "Paris"));
    await keyboard.press("ArrowUp");
    await expect(line(page, "Europe")).toBeFocused();
    await expect(title(page)).toHaveText("Europe");
    await keyboard.press("ArrowLeft");
    await expect(line(page, "Paris")).toHaveCount(0);
    await expect(line(page, "Europe")).toHaveAttribute("aria-expanded", "false");
    await keyboard.press("ArrowRight");
    await expect(line(page, "Paris")).toBeVisible();
    await keyboard.press("End");
    await expect(line(page, "Paris")).toBeFocused();
  });

  await test.step("F2 renames", async () => {
    await keyboard.press("F2");
    await expect(dialog(page).getByLabel("Name")).toBeFocused();
    await keyboard.press("ControlOrMeta+a");
    await keyboard.type("Lyon");
    await keyboard.press("Enter");
    await expect(line(page, "Lyon")).toBeFocused();
  });

  await test.step("it moves", async () => {
    await tabTo(button(page, "Move"));
    await keyboard.press("Enter");
    await expect(dialog(page).getByLabel("Find the domain")).toBeFocused();
    await keyboard.press("Enter");
    await expect(dialog(page)).toBeHidden();
    await expect.poll(() => shape(page)).toEqual(["1 All", "2 Europe", "2 Lyon"]);
  });

  await test.step("Delete deletes", async () => {
    await keyboard.press("/");
    await expect(page.getByRole("searchbox")).toBeFocused();
    await keyboard.type("lyon");
    await expect.poll(() => shape(page)).toEqual(["1 All", "2 Lyon"]);
    await tabTo(line(page, "Lyon"));
    await keyboard.press("Delete");
    await tabTo(dialog(page).getByRole("button", { name: "Delete" }));
    await keyboard.press("Enter");
    await expect(title(page)).toHaveText("All");
    await expect(line(page, "Lyon")).toHaveCount(0);
    await expect(page.getByText("No domain has “lyon” in its name.")).toBeVisible();
    await keyboard.press("/");
    await keyboard.press("Escape");
    await expect.poll(() => shape(page)).toEqual(["1 All", "2 Europe"]);
  });

  await test.step("a token", async () => {
    await tabTo(button(page, "Make a token"));
    await keyboard.press("Enter");
    await expect(dialog(page).getByLabel("How many machines")).toBeFocused();
    await keyboard.press("ControlOrMeta+a");
    await keyboard.type("0");
    await keyboard.press("Enter");
    await expect(page.locator("#uses-refusal")).toContainText("Allowed: 1 to 1000000.");
    await keyboard.press("ControlOrMeta+a");
    await keyboard.type("3");
    await tabTo(dialog(page).getByLabel("Into which domain"));
    await keyboard.press("ArrowDown");
    await expect(dialog(page).getByLabel("Into which domain").locator("option:checked")).toHaveText(/Europe$/);
    await tabTo(dialog(page).getByRole("button", { name: "Make the line" }));
    await keyboard.press("Enter");
    await expect(dialog(page).getByRole("textbox", { name: "The line that enrols a machine" })).toContainText("rollcall-agent");
    await keyboard.press("Escape");
    await expect(tokens(page).filter({ hasText: "for Europe" })).toContainText("3 of 3 left");
  });
  await keyboard.press("g");
  await keyboard.press("a");
  await expect(page).toHaveURL(`${server.url}/agents`);
  // Another document: its keys are there once it is.
  await expect(page.getByRole("heading", { name: "Agents", exact: true })).toBeVisible();
  await keyboard.press("g");
  await keyboard.press("d");
  await expect(page).toHaveURL(`${server.url}/domains`);
});

test("a token for two lets a real agent into its domain, says that one is left, and lets nobody in once it is revoked", async ({ page, server, agents }) => {
  await signIn(page, server);
  await open(page, server);
  await mark(page);
  await make(page, "Oslo");
  await expect(page.getByText("No token lets machines in here.")).toBeVisible();

  await button(page, "Make a token").click();
  await expect(dialog(page).getByLabel("Into which domain")).toHaveValue(/^\d+$/);
  await audit(page, "making a token");
  await dialog(page).getByLabel("How many machines").fill("2");
  await dialog(page).getByRole("button", { name: "Make the line" }).click();
  const command = await dialog(page).getByRole("textbox", { name: "The line that enrols a machine" }).innerText();
  await audit(page, "a token, made");

  agents.byLine("fjord", command);
  await expect(dialog(page).getByRole("link", { name: "fjord" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(tokens(page)).toHaveCount(1);
  await expect(tokens(page)).toContainText("1 of 2 left");
  await expect(tokens(page)).toContainText("by ada");
  await expect(tokens(page)).toContainText("ends in 23 h");
  await expect(line(page, "Oslo").getByRole("gridcell").first()).toHaveText("1");
  await expect(page.getByRole("list", { name: "Agents in it and below" })).toContainText("Online");
  await audit(page, "a domain with a token");

  await test.step("above it the token is told with its domain", async () => {
    await line(page, "All").click();
    await expect(tokens(page).filter({ hasText: "for Oslo" })).toContainText("1 of 2 left");
    await line(page, "Oslo").click();
  });

  await test.step("its domain is not deleted while it lets machines in", async () => {
    await button(page, "Delete").click();
    await dialog(page).getByRole("button", { name: "Delete" }).click();
    await expect(dialog(page).getByRole("alert")).toContainText("1 agent and 1 enrolment token in use");
    await dialog(page).getByRole("button", { name: "Cancel" }).click();
  });

  await test.step("revoked, and not before one said so twice", async () => {
    await tokens(page).getByRole("button", { name: /^Revoke token/ }).click();
    await expect(dialog(page)).toContainText("1 of 2 left.");
    await audit(page, "revoking a token");
    await dialog(page).getByRole("button", { name: "Cancel" }).click();
    await expect(tokens(page)).toHaveCount(1);
    await tokens(page).getByRole("button", { name: /^Revoke token/ }).click();
    await dialog(page).getByRole("button", { name: "Revoke" }).click();
    await expect(tokens(page)).toHaveCount(0);
    await page.getByText("1 token enrols no more").click();
    await expect(past(page)).toContainText("revoked");
    await audit(page, "a revoked token");
  });

  const late = agents.byLine("late", command);
  await until("the agent says that it was refused", () => late.log.includes("revoked"));
  expect(await marked(page), "all of it without a reload").toBe(true);
  await page.goto(`${server.url}/agents`);
  await expect(row(page, "fjord")).toContainText("Online");
  await expect(row(page, "late")).toHaveCount(0);
});

test("who may only look sees the tree and changes nothing; a call that fails says so", async ({ page, server, browser }) => {
  await signIn(page, server);
  await open(page, server);
  await make(page, "Quito");

  // The server has no call for other people yet: the session's own answer is what the console goes by.
  const looking = await (await browser.newContext({ storageState: await page.context().storageState() })).newPage();
  await looking.route("**/api/v1/session", (route) => route.fulfill({ json: { user: "0000000000001", name: ADMIN.name, role: "viewer", expires_at_ms: 4102444800000 } }));
  await open(looking, server);
  await expect(looking.getByText("You may look.")).toBeVisible();
  await line(looking, "Quito").click();
  await expect(title(looking)).toHaveText("Quito");
  for (const name of ["New domain in it", "Rename", "Move", "Delete", "Make a token"]) {
    await expect(button(looking, name)).toHaveCount(0);
  }
  await line(looking, "Quito").focus();
  await looking.keyboard.press("F2");
  await expect(dialog(looking)).toHaveCount(0);
  await audit(looking, "the domains, for who may only look");
  await looking.context().close();

  const failing = await (await browser.newContext({ storageState: await page.context().storageState() })).newPage();
  await failing.route("**/api/v1/tokens", (route) => route.fulfill({ status: 502, body: "<h1>Bad gateway</h1>" }));
  await open(failing, server);
  await expect(failing.getByText("Something other than Rollcall may have sent it.")).toBeVisible();
  await audit(failing, "the tokens could not be read");
  await failing.unroute("**/api/v1/tokens");
  await failing.getByRole("button", { name: "Try again" }).click();
  await expect(tokens(failing)).toHaveCount(1);
  await failing.context().close();
});
