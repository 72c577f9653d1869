/** A screen that is not connected says so, with the age of what it shows, and mends itself. */
import { expect, mark, marked, row, signIn, test } from "../support/rollcall.js";

test("a stalled server is seen within seconds, and its return", async ({ page, server, agents }) => {
  await signIn(page, server);
  await page.goto(`${server.url}/agents`);
  await agents.start("turin");
  await expect(row(page, "turin")).toContainText("Online");
  await expect(page.getByText(/not live/i)).toBeHidden();
  await mark(page);

  // Its connections stay open: only the silence tells.
  server.signal("SIGSTOP");
  const banner = page.getByText(/not live/i).first();
  await expect(banner).toBeVisible();
  // It tells the age of what is shown, and the age grows.
  const age = async (): Promise<number> => Number(/(\d+)\s*s/.exec(await page.locator("body").innerText())?.[1] ?? 0);
  await expect.poll(age).toBeGreaterThanOrEqual(4);
  await expect(row(page, "turin"), "what was known stays").toBeVisible();

  server.signal("SIGCONT");
  await expect(banner).toBeHidden();
  await expect(page.getByText(/\blive\b/i).first()).toBeVisible();
  await expect(row(page, "turin")).toContainText("Online");
  expect(await marked(page), "without a reload").toBe(true);
});

test("a killed server is seen at once, and nobody is offline for its absence", async ({ page, server, agents }) => {
  await signIn(page, server);
  await page.goto(`${server.url}/agents`);
  const turin = await agents.start("turin");
  const oslo = await agents.start("oslo");
  await expect(row(page, "turin")).toContainText("Online");
  await expect(row(page, "oslo")).toContainText("Online");
  await oslo.stop();
  await expect(row(page, "oslo")).toContainText("Offline");
  await mark(page);

  await server.kill();
  await expect(page.getByText(/not live/i).first()).toBeVisible();

  await server.start();
  await expect(page.getByText(/not live/i).first()).toBeHidden({ timeout: 30_000 });
  await expect(row(page, "turin")).toContainText("Online");
  await expect(row(page, "oslo")).toContainText("Offline");
  expect(await marked(page), "without a reload").toBe(true);

  // And the agent that it had before still counts.
  await turin.stop();
  await expect(row(page, "turin")).toContainText("Offline");
});
