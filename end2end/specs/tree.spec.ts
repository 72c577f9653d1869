/** The agent tree beside the table: counts, the filter that the address holds, and the keyboard. */
import { audit } from "../support/access.js";
import { branch, makeDomain, online, putInto, shown, tree } from "../support/domains.js";
import { expect, mark, marked, row, signIn, test } from "../support/rollcall.js";

test("a domain filters the table to it and below, the address holds it, and the counts are live", async ({ page, server, agents }) => {
  await signIn(page, server);
  const oslo = await makeDomain(page, server, "Oslo");
  const hall = await makeDomain(page, server, "Hall 4", oslo);
  const lagos = await makeDomain(page, server, "Lagos");
  await page.goto(`${server.url}/agents`);
  const lyon = await agents.start("lyon");
  for (const name of ["porto", "umea"]) await agents.start(name);
  for (const name of ["lyon", "porto", "umea"]) await expect(row(page, name)).toContainText("Online");
  await mark(page);

  await test.step("the tree counts what is below, as it changes", async () => {
    await online(page, "All", "3 of 3");
    await online(page, "Oslo", "0 of 0");
    await putInto(page, server, "lyon", hall);
    await putInto(page, server, "porto", lagos);
    await online(page, "Oslo", "1 of 1");
    await expect(branch(page, "Hall 4"), "it is closed at first").toHaveCount(0);
  });

  await test.step("choosing one filters the table, the counts by status, and the address", async () => {
    await branch(page, "Oslo").click();
    await expect(page).toHaveURL(`${server.url}/agents?domain=${oslo}`);
    await expect(shown(page)).toHaveText(["lyon"]);
    await expect(branch(page, "Oslo")).toHaveAttribute("aria-selected", "true");
    await expect(page.getByRole("button", { name: /^Online/ })).toContainText("1");
    await online(page, "Hall 4", "1 of 1");
    await lyon.stop();
    await online(page, "Hall 4", "0 of 1");
    await expect(branch(page, "Hall 4")).toContainText("0/1");
  });

  await test.step("an agent that is moved away leaves the table, and one that is moved in comes", async () => {
    await putInto(page, server, "umea", hall);
    await expect(shown(page)).toHaveText(["lyon", "umea"]);
    await putInto(page, server, "lyon", lagos);
    await expect(shown(page)).toHaveText(["umea"]);
  });
  expect(await marked(page), "all of it without a reload").toBe(true);

  await test.step("the address opens it again, with what it is in", async () => {
    await page.goto(`${server.url}/agents?domain=${hall}`);
    await expect(shown(page)).toHaveText(["umea"]);
    await expect(branch(page, "Hall 4")).toHaveAttribute("aria-selected", "true");
    await expect(page.getByRole("button", { name: "Oslo › Hall 4" })).toBeVisible();
    await row(page, "umea").getByRole("link").click();
    await expect(page).toHaveURL(new RegExp(`/agents/[^/?]+\\?domain=${hall}$`));
    await expect(page.getByRole("complementary", { name: "umea" })).toContainText("Oslo › Hall 4");
    await page.keyboard.press("Escape");
  });

  await test.step("the one that holds all is no filter, and a second click takes a filter away", async () => {
    await branch(page, "All").click();
    await expect(page).toHaveURL(`${server.url}/agents`);
    await expect(shown(page)).toHaveText(["lyon", "porto", "umea"]);
    await branch(page, "Lagos").click();
    await expect(shown(page)).toHaveText(["lyon", "porto"]);
    await branch(page, "Lagos").click();
    await expect(shown(page)).toHaveText(["lyon", "porto", "umea"]);
  });

  await test.step("an empty domain says so, and shows all again", async () => {
    await page.goto(`${server.url}/agents?domain=${lagos + 90}`);
    await expect(page.getByText("None is in this domain, or below it.")).toBeVisible();
    await page.getByRole("button", { name: "Show all" }).click();
    await expect(shown(page)).toHaveText(["lyon", "porto", "umea"]);
  });
});

test("the keyboard walks the tree, and a phone has it when it is asked for", async ({ page, server, agents }) => {
  await signIn(page, server);
  const oslo = await makeDomain(page, server, "Oslo");
  const hall = await makeDomain(page, server, "Hall 4", oslo);
  await makeDomain(page, server, "Lagos");
  await page.goto(`${server.url}/agents`);
  await agents.start("lyon");
  await expect(row(page, "lyon")).toContainText("Online");
  await putInto(page, server, "lyon", hall);
  await audit(page, "the tree");

  await branch(page, "All").focus();
  const { keyboard } = page;
  await keyboard.press("ArrowDown");
  await keyboard.press("ArrowDown");
  await expect(branch(page, "Oslo")).toBeFocused();
  await expect(branch(page, "Oslo")).toHaveAttribute("aria-expanded", "false");
  await keyboard.press("ArrowRight");
  await expect(branch(page, "Oslo")).toHaveAttribute("aria-expanded", "true");
  await keyboard.press("ArrowRight");
  await expect(branch(page, "Hall 4")).toBeFocused();
  await keyboard.press("Enter");
  await expect(page).toHaveURL(`${server.url}/agents?domain=${hall}`);
  await expect(branch(page, "Hall 4")).toBeFocused();
  await audit(page, "the tree, with a domain chosen");
  await keyboard.press("ArrowLeft");
  await keyboard.press("ArrowLeft");
  await expect(branch(page, "Hall 4")).toHaveCount(0);
  await keyboard.press("Home");
  await keyboard.press(" ");
  await expect(page).toHaveURL(`${server.url}/agents`);

  const toggle = page.getByRole("button", { name: "All domains" });
  await toggle.click();
  await expect(tree(page)).toBeHidden();
  await toggle.click();
  await expect(tree(page)).toBeVisible();

  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${server.url}/agents`);
  await expect(shown(page)).toHaveText(["lyon"]);
  await expect(tree(page)).toBeHidden();
  await toggle.click();
  await branch(page, "Lagos").click();
  await expect(page.getByText("None is in this domain, or below it.")).toBeVisible();
  await audit(page, "the tree on a phone");
});
