/** A screen on a wall: let in by a link of its own, through restarts of both, and sent away by revoking. */
import type { Locator, Page } from "@playwright/test";

import { audit } from "../support/access.js";
import { banner, expect, signIn, standing, test } from "../support/rollcall.js";

test.use({ serverGoesAway: true });

const displays = (page: Page): Locator => page.getByRole("list", { name: "Displays" }).getByRole("listitem");
const count = (page: Page, name: string): Locator =>
  page.getByRole("list", { name: "Agents by status" }).getByRole("listitem").filter({ hasText: new RegExp(`^${name}`) });

test("a display shows the wall by its link, outlives restarts, and goes dark when it is revoked", async ({ page, server, agents, browser }) => {
  await signIn(page, server);
  await agents.start("lyon");
  await page.goto(`${server.url}/domains`);
  await expect(page.getByText("No screen shows this domain by itself.")).toBeVisible();
  await page.getByRole("button", { name: "Put up a display" }).click();
  const dialog = page.getByRole("dialog", { name: "Put up a display" });
  await dialog.getByRole("button", { name: "Put it up" }).click();
  await expect(dialog.getByText(/It has another length\. Allowed: 1 to 64 characters/)).toBeVisible();
  await dialog.getByLabel(/^What it is called/).fill("NOC, left");
  await dialog.getByRole("button", { name: "Put it up" }).click();
  const link = await dialog.getByRole("textbox", { name: "The link that lets the display in" }).innerText();
  expect(link).toMatch(new RegExp(`^${server.url}/wall\\?kiosk#token=rcd_[\\w-]{43}$`));
  await audit(page, "the link of a display");
  await page.keyboard.press("Escape");
  await expect(displays(page)).toHaveText(/NOC, left.*by ada.*Never seen/);
  await audit(page, "the domains with a display");

  await test.step("who is signed in is asked, and may stay who they are", async () => {
    await page.goto(link);
    await expect(page.getByRole("heading", { name: "Make this browser a display?" })).toBeVisible();
    await audit(page, "the question to who is signed in");
    await page.getByRole("button", { name: "Stay signed in" }).click();
    await expect(count(page, "Online")).toContainText("1");
    await expect(page).toHaveURL(`${server.url}/wall?kiosk`);
    expect((await page.request.get(`${server.url}/api/v1/session`)).status()).toBe(200);
    await page.goto(`${server.url}/domains`);
    await expect(displays(page)).toHaveText(/NOC, left.*by ada.*Never seen/);
  });

  const context = await browser.newContext({ viewport: { width: 1920, height: 1080 } });
  const screen = await context.newPage();
  await screen.goto(link);
  await expect(count(screen, "Online")).toContainText("1");
  await expect(screen, "the token is neither in the bar nor in the history").toHaveURL(`${server.url}/wall?kiosk`);
  await expect(screen.getByText(/^Server well/)).toBeVisible();
  await expect(screen.getByRole("navigation", { name: "Rooms" })).toBeHidden();
  await audit(screen, "the wall of a display");

  await test.step("it reads the wall and nothing else, and leads nowhere", async () => {
    for (const path of ["agents", "settings", "session", "transitions", "displays"]) {
      expect((await context.request.get(`${server.url}/api/v1/${path}`)).status(), path).toBe(401);
    }
    await screen.getByRole("application", { name: "Agents as cells" }).focus();
    await screen.keyboard.press("ArrowDown");
    await expect(screen.getByTestId("pointed")).toContainText("lyon");
    await screen.keyboard.press("Enter");
    await screen.keyboard.press("g");
    await screen.keyboard.press("d");
    await expect(screen.getByRole("link"), "nothing leads away").toHaveCount(0);
    await expect(screen.getByRole("heading", { name: "NOC, left · All" })).toBeVisible();
    await expect(screen).toHaveURL(`${server.url}/wall?kiosk`);
  });

  await test.step("another link is followed by the wall that stands", async () => {
    const other = await page.request.post(`${server.url}/api/v1/displays`, { headers: { origin: server.url }, data: { name: "Reception" } });
    const { secret } = (await other.json()) as { secret: string };
    await screen.goto(`${server.url}/wall?kiosk#token=${secret}`);
    await expect(screen.getByRole("heading", { name: "Reception · All" })).toBeVisible();
    await expect(screen).toHaveURL(`${server.url}/wall?kiosk`);
    await screen.goto(link);
    await expect(screen.getByRole("heading", { name: "NOC, left · All" })).toBeVisible();
  });

  await test.step("it comes back by itself when the server does, and when the screen does", async () => {
    await server.kill();
    await expect(banner(screen)).toContainText("Not live");
    await server.start();
    await expect(standing(screen)).toContainText("Live", { timeout: 30_000 });
    await screen.reload();
    await expect(count(screen, "Online")).toContainText("1");
  });

  await test.step("revoked, it shows nothing and says so", async () => {
    await expect(standing(page)).toContainText(/^Live/, { timeout: 30_000 });
    await page.reload();
    await expect(displays(page).filter({ hasText: "NOC, left" })).toContainText(/seen .* ago/);
    await page.getByRole("button", { name: "Revoke display NOC, left" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await expect(displays(page), "the other one stays").toHaveText([/Reception/]);
    await expect(screen.getByRole("heading", { name: "This display is not let in" })).toBeVisible();
    await expect(count(screen, "Online")).toBeHidden();
    await audit(screen, "a display that is not let in");
  });

  await test.step("a display that is put up anew goes on with its new link", async () => {
    await page.getByRole("button", { name: "Put up a display" }).click();
    await dialog.getByLabel(/^What it is called/).fill("NOC, left");
    await dialog.getByRole("button", { name: "Put it up" }).click();
    await screen.goto(await dialog.getByRole("textbox", { name: "The link that lets the display in" }).innerText());
    await expect(count(screen, "Online")).toContainText("1");
    await screen.keyboard.press("g");
    await screen.keyboard.press("d");
    await expect(screen.getByRole("link"), "nothing leads away").toHaveCount(0);
    await expect(screen.getByRole("heading", { name: "NOC, left · All" })).toBeVisible();
    await expect(screen).toHaveURL(`${server.url}/wall?kiosk`);
  });
  await test.step("who is signed in may make the browser a display, and is told where the link is none", async () => {
    await page.goto(link);
    await page.getByRole("button", { name: "Make it a display" }).click();
    await expect(page.getByRole("alert")).toContainText("This display is not let in, or no more.");
    expect((await page.request.get(`${server.url}/api/v1/session`)).status()).toBe(200);
    const made = await page.request.post(`${server.url}/api/v1/displays`, { headers: { origin: server.url }, data: { name: "Lobby" } });
    const { secret } = (await made.json()) as { secret: string };
    await page.goto(`${server.url}/wall?kiosk#token=${secret}`);
    await page.getByRole("button", { name: "Make it a display" }).click();
    await expect(page.getByRole("heading", { name: "Lobby · All" })).toBeVisible();
    expect((await page.request.get(`${server.url}/api/v1/session`)).status()).toBe(401);
  });
  await context.close();
});
