/** The settings: a document of their own, with the same frame around them. */
import { expect, mark, marked, signIn, standing, test } from "../support/rollcall.js";

test("the way to the settings and back, by the rail, by the keyboard, and from a link when signed out", async ({ page, server }) => {
  await signIn(page, server);
  await page.goto(`${server.url}/agents`);
  await expect(standing(page)).toContainText("Live");
  await page.getByRole("link", { name: "Settings" }).click();
  await expect(page).toHaveURL(`${server.url}/settings`);
  await expect(page.getByRole("heading", { name: "Settings", exact: true })).toBeVisible();
  await expect(page.getByRole("link", { name: "Settings" })).toHaveAttribute("aria-current", "page");
  await expect(standing(page)).toContainText("Live");

  await mark(page);
  await page.goBack();
  await expect(page.getByRole("heading", { name: "Agents", exact: true })).toBeVisible();
  await expect.poll(() => marked(page)).toBe(false);
  // The headings are there before the console is, and keys are the console's.
  await expect(standing(page)).toContainText("Live");
  await page.keyboard.press("g");
  await page.keyboard.press("s");
  await expect(page.getByRole("heading", { name: "Settings", exact: true })).toBeVisible();
  await expect(standing(page)).toContainText("Live");
  await page.keyboard.press("g");
  await page.keyboard.press("e");
  await expect(page.getByRole("heading", { name: "Events", exact: true })).toBeVisible();

  await page.goto("about:blank");
  await page.context().clearCookies();
  await page.goto(`${server.url}/settings/unreachable-network`);
  await expect(page).toHaveURL(`${server.url}/sign-in?next=%2Fsettings%2Funreachable-network`);
  await page.getByLabel("Name").fill("ada");
  await page.getByLabel("Password").fill("correct horse battery staple");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(`${server.url}/settings/unreachable-network`);
  await expect(standing(page)).toContainText("Live");
});
