/** Everybody can use it: axe finds nothing on any route, dark or light. */
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";

import { events, expect, paint, row, signIn, test } from "../support/rollcall.js";

/** Audits the page as it stands, in both themes. */
async function audit(page: Page, what: string): Promise<void> {
  for (const theme of ["dark", "light"] as const) {
    await paint(page, theme);
    const { violations } = await new AxeBuilder({ page }).analyze();
    const found = violations.map(({ id, help, nodes }) => ({ id, help, at: nodes.map((node) => node.html) }));
    expect.soft(found, `${what}, ${theme}`).toEqual([]);
  }
}

test("before anyone is signed in", async ({ page, server }) => {
  await page.goto(server.announcement.setup_url ?? "");
  await expect(page.getByRole("button", { name: /^Create/ })).toBeVisible();
  await audit(page, "the first admin's page");

  // A fresh tab: only the text behind the # differs, and that alone loads nothing.
  await page.goto("about:blank");
  await page.goto(`${server.url}/setup`);
  await expect(page.getByRole("heading").first()).toBeVisible();
  await audit(page, "the first admin's page without its token");
});

test("signing in", async ({ page, server }) => {
  await signIn(page, server);
  await page.context().clearCookies();
  await page.goto(`${server.url}/sign-in`);
  await page.getByLabel("Name").fill("nobody");
  await page.getByLabel("Password").fill("not the right one either");
  await audit(page, "the sign-in page");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert").filter({ hasText: /\S/ })).toBeVisible();
  await audit(page, "the sign-in page, refused");
});

test("agents and events, empty", async ({ page, server }) => {
  await signIn(page, server);
  for (const [path, heading] of [["agents", "Agents"], ["events", "Events"]] as const) {
    await page.goto(`${server.url}/${path}`);
    await expect(page.getByRole("heading", { name: heading, exact: true })).toBeVisible();
    await audit(page, `${path}, empty`);
  }
});

test("agents and events, with rows, and one agent", async ({ page, server, agents }) => {
  await signIn(page, server);
  await page.goto(`${server.url}/agents`);
  await agents.start("lyon");
  const porto = await agents.start("porto");
  await expect(row(page, "porto")).toContainText("Online");
  await porto.stop();
  await expect(row(page, "porto")).toContainText("Offline");
  await expect(row(page, "lyon")).toContainText("Online");
  await audit(page, "agents");

  await row(page, "lyon").getByRole("link").click();
  await expect(page).toHaveURL(/\/agents\/[^/]+$/);
  await expect(page.getByRole("heading", { name: "lyon" })).toBeVisible();
  await audit(page, "one agent");

  await page.goto(`${server.url}/events`);
  await expect(events(page, "porto").first()).toBeVisible();
  await audit(page, "events");
});

test("domains and enrolment", async ({ page, server, agents }) => {
  await signIn(page, server);
  await page.goto(`${server.url}/domains`);
  await expect(page.getByRole("row", { name: /^All/ })).toBeVisible();
  await audit(page, "the domains, only the one that holds all");
  await agents.start("lyon");
  await expect(page.getByRole("row", { name: /^All/ })).toContainText("1");
  await audit(page, "the domains, with an agent");
});

test("a page that does not exist", async ({ page, server }) => {
  await signIn(page, server);
  await page.goto(`${server.url}/nowhere/at-all`);
  await expect(page.getByRole("heading").first()).toBeVisible();
  await audit(page, "nowhere");
  const api = await page.request.get(`${server.url}/api/v1/nowhere`);
  expect(api.status()).toBe(404);
  expect(api.headers()["content-type"]).toContain("application/problem+json");
});
