/** Many at once: ticked by mouse and keyboard, moved, verified, retired, and told what became of each. */
import { audit, tabTo } from "../support/access.js";
import { bar, branch, ends, makeDomain, online, shown, tick } from "../support/domains.js";
import { ADMIN, expect, mark, marked, row, signIn, test } from "../support/rollcall.js";

const NAMES = ["bergen", "cork", "dresden", "espoo"];

test("ticked agents are moved, verified and retired, and the tombstones say by whom", async ({ page, server, agents }) => {
  test.setTimeout(240_000);
  await signIn(page, server);
  const oslo = await makeDomain(page, server, "Oslo");
  await page.goto(`${server.url}/agents`);
  for (const name of NAMES) await agents.start(name);
  for (const name of NAMES) await expect(row(page, name)).toContainText("Online");
  await mark(page);
  const dialog = page.getByRole("dialog");

  await test.step("a click ticks one, with Shift all from the one before, with Control one more", async () => {
    await expect(bar(page)).toBeHidden();
    await tick(page, "bergen").click();
    await expect(bar(page)).toContainText("1 selected");
    await tick(page, "dresden").click({ modifiers: ["Shift"] });
    await expect(bar(page)).toContainText("3 selected");
    await tick(page, "cork").click({ modifiers: ["Shift"] });
    await expect(bar(page)).toContainText("2 selected");
    await row(page, "espoo").getByText("127.0.0.1").click({ modifiers: ["ControlOrMeta"] });
    await expect(bar(page)).toContainText("3 selected");
    await expect(page, "nothing was opened").toHaveURL(`${server.url}/agents`);
    await expect(row(page, "espoo").getByRole("checkbox")).toBeChecked();
    await expect(row(page, "dresden").getByRole("checkbox")).not.toBeChecked();
    await audit(page, "ticked, with the bar");
    await row(page, "espoo").getByText("127.0.0.1").click({ modifiers: ["ControlOrMeta"] });
  });

  await test.step("moved, the dialog says what became of them, and the tree counts them", async () => {
    await bar(page).getByRole("button", { name: "Move to domain…" }).click();
    await expect(dialog).toHaveAccessibleName("Move 2 agents");
    await expect(dialog.getByRole("button", { name: "Move" })).toBeDisabled();
    await audit(page, "the dialog to move");
    await dialog.getByLabel("To the domain").selectOption("Oslo");
    await dialog.getByRole("button", { name: "Move" }).click();
    await expect(ends(page)).toHaveText(["2moved"]);
    await expect(dialog.getByRole("status")).toHaveText("2 of 2 agents");
    await audit(page, "moved");
    await dialog.getByRole("button", { name: "Done" }).click();
    await expect(bar(page)).toBeHidden();
    await online(page, "Oslo", "2 of 2");
  });

  await test.step("what is there already is told apart", async () => {
    await page.getByRole("checkbox", { name: "All that are shown" }).click();
    await expect(bar(page)).toContainText("4 selected");
    await bar(page).getByRole("button", { name: "Move to domain…" }).click();
    await dialog.getByLabel("To the domain").selectOption("Oslo");
    await dialog.getByRole("button", { name: "Move" }).click();
    await expect(ends(page)).toHaveText(["2moved", "2there already"]);
    await page.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
  });

  await test.step("verified at once", async () => {
    await tick(page, "cork").click();
    await bar(page).getByRole("button", { name: "Verify now" }).click();
    await expect(ends(page)).toHaveText(["1verified: answered, and proved itself"]);
    await page.keyboard.press("Escape");
  });

  await test.step("a move is taken back", async () => {
    const before = await row(page, "cork").locator(".cell--domain").textContent();
    await tick(page, "cork").click();
    await bar(page).getByRole("button", { name: "Move to domain…" }).click();
    await dialog.getByLabel("To the domain").selectOption({ index: 1 });
    await dialog.getByRole("button", { name: "Move" }).click();
    await expect(ends(page)).toHaveText(["1moved"]);
    await page.keyboard.press("Escape");
    await expect(page.getByRole("status").getByText("1 agent moved", { exact: true })).toBeAttached();
    // It stands as long as the pointer is on it, however slow the audit is.
    await page.locator(".toast").hover();
    await audit(page, "what can be undone");
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(page.getByRole("status").getByText("1 agent moved back", { exact: true })).toBeAttached();
    await expect(page.locator("[data-agent]:focus"), "the keyboard is in the table again").toHaveCount(1);
    await expect(row(page, "cork").locator(".cell--domain")).toHaveText(before ?? "");
  });

  await test.step("another filter unticks", async () => {
    await tick(page, "cork").click();
    await branch(page, "Oslo").click();
    await expect(page).toHaveURL(`${server.url}/agents?domain=${oslo}`);
    await expect(bar(page)).toBeHidden();
  });

  await test.step("retired, they leave the table, and stand under Retired with who did it", async () => {
    await tick(page, "bergen").click();
    await tick(page, "cork").click();
    await bar(page).getByRole("button", { name: "Retire…" }).click();
    await expect(dialog).toHaveAccessibleName("Retire 2 agents");
    await audit(page, "the dialog to retire");
    await dialog.getByRole("button", { name: "Retire" }).click();
    await expect(ends(page)).toHaveText(["2retired"]);
    await page.keyboard.press("Escape");
    await expect(shown(page)).toHaveText(["dresden", "espoo"]);
    await page.getByRole("button", { name: /^Retired/ }).click();
    await expect(shown(page)).toHaveText(["bergen", "cork"]);
    await expect(row(page, "cork")).toContainText(`Retired by ${ADMIN.name}`);
    await row(page, "cork").getByRole("link").click();
    const panel = page.getByRole("complementary", { name: "cork" });
    await expect(panel.locator(".fact").filter({ hasText: "Retired by" })).toContainText(ADMIN.name);
    await expect(panel.getByRole("button", { name: "Retire…" })).toBeHidden();
    await audit(page, "a tombstone");
  });
  expect(await marked(page), "all of it without a reload").toBe(true);
});

test("the keyboard alone ticks and moves", async ({ page, server, agents }) => {
  await signIn(page, server);
  await makeDomain(page, server, "Lagos");
  await makeDomain(page, server, "Oslo");
  await page.goto(`${server.url}/agents`);
  for (const name of NAMES) await agents.start(name);
  for (const name of NAMES) await expect(row(page, name)).toContainText("Online");
  const { keyboard } = page;
  const checked = (name: string) => row(page, name).getByRole("checkbox");

  await tabTo(page, row(page, "bergen").getByRole("link"));
  await keyboard.press("ArrowDown");
  await keyboard.press(" ");
  await expect(checked("cork")).toBeChecked();
  await keyboard.press("Shift+ArrowDown");
  await keyboard.press("Shift+ArrowDown");
  await expect(bar(page)).toContainText("3 selected");
  await keyboard.press("Shift+ArrowUp");
  await expect(checked("espoo")).not.toBeChecked();
  await expect(bar(page)).toContainText("2 selected");
  await keyboard.press("ControlOrMeta+a");
  await expect(bar(page)).toContainText("4 selected");
  await keyboard.press("Escape");
  await expect(bar(page)).toBeHidden();

  await keyboard.press("/");
  await keyboard.type("e");
  await keyboard.press("ArrowDown");
  await expect(shown(page)).toHaveText(["bergen", "dresden", "espoo"]);
  await keyboard.press("ControlOrMeta+a");
  await expect(bar(page), "all that the filter shows").toContainText("3 selected");
  await tabTo(page, bar(page).getByRole("button", { name: "Move to domain…" }));
  await keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await expect(dialog).toHaveAccessibleName("Move 3 agents");
  await tabTo(page, dialog.getByLabel("To the domain"));
  await keyboard.type("Os");
  await tabTo(page, dialog.getByRole("button", { name: "Move" }));
  await keyboard.press("Enter");
  await expect(ends(page)).toHaveText(["3moved"]);
  await keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await online(page, "Oslo", "3 of 3");
  await keyboard.press("ArrowDown");
  await expect(shown(page).and(page.locator(":focus")), "the table has the keyboard again").toHaveCount(1);
});

test("who may only look ticks nothing", async ({ page, server, agents }) => {
  await signIn(page, server);
  // The server has no call for other people yet: the session's own answer is what the console goes by.
  await page.route("**/api/v1/session", (route) =>
    route.fulfill({ json: { user: "0000000000001", name: ADMIN.name, role: "viewer", expires_at_ms: 4102444800000 } }),
  );
  await page.goto(`${server.url}/agents`);
  await agents.start("bergen");
  await expect(row(page, "bergen")).toContainText("Online");
  await expect(page.getByRole("checkbox")).toHaveCount(0);
  await row(page, "bergen").getByRole("link").focus();
  await page.keyboard.press("ControlOrMeta+a");
  await expect(bar(page)).toBeHidden();
  await expect(page.getByRole("link", { name: "Manage domains" })).toBeHidden();
});

test.describe("while the network fails", () => {
  test.use({ serverGoesAway: true });

  test("a call that fails stops the rest, which goes on when it is asked to", async ({ page, server, agents }) => {
    await signIn(page, server);
    await makeDomain(page, server, "Oslo");
    await page.goto(`${server.url}/agents`);
    await agents.start("bergen");
    await expect(row(page, "bergen")).toContainText("Online");
    await page.route("**/api/v1/agents/move", (route) => route.abort(), { times: 1 });
    await tick(page, "bergen").click();
    await bar(page).getByRole("button", { name: "Move to domain…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("To the domain").selectOption("Oslo");
    await dialog.getByRole("button", { name: "Move" }).click();
    await expect(dialog.getByRole("alert")).toHaveText("The server did not answer. Check the network.");
    await expect(dialog.getByRole("status")).toHaveText("0 of 1 agent");
    await dialog.getByRole("button", { name: "Go on" }).click();
    await expect(ends(page)).toHaveText(["1moved"]);
  });
});
