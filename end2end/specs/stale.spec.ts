/** A screen that is not connected says so, with the age of what it shows, and mends itself. */
import { banner, expect, mark, marked, row, signIn, standing, test } from "../support/rollcall.js";

test.use({ serverGoesAway: true });

test("a stalled server is seen within seconds, and its return", async ({ page, server, agents }) => {
  await signIn(page, server);
  await page.goto(`${server.url}/agents`);
  await agents.start("turin");
  await expect(row(page, "turin")).toContainText("Online");
  await expect(standing(page)).toContainText("Live");
  await expect(banner(page)).toBeHidden();
  await mark(page);

  // Its connections stay open: only the silence tells.
  server.signal("SIGSTOP");
  await expect(banner(page)).toContainText("Not live");
  await expect(standing(page)).toContainText("Not live");
  // It tells the age of what is shown, and the age grows.
  const age = async (): Promise<number> => Number(/(\d+)\s*s\b/.exec(await banner(page).innerText())?.[1] ?? 0);
  const first = await age();
  await expect.poll(age).toBeGreaterThan(first + 1);
  await expect(row(page, "turin"), "what was known stays").toBeVisible();

  server.signal("SIGCONT");
  await expect(banner(page)).toBeHidden();
  await expect(standing(page)).toContainText(/^Live/);
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
  await expect(banner(page)).toBeVisible();

  await server.start();
  await expect(banner(page)).toBeHidden({ timeout: 30_000 });
  await expect(row(page, "turin")).toContainText("Online");
  await expect(row(page, "oslo")).toContainText("Offline");
  expect(await marked(page), "without a reload").toBe(true);

  // And the agent that it had before still counts.
  await turin.stop();
  await expect(row(page, "turin")).toContainText("Offline");
});
