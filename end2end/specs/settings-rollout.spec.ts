/** A save on its way to real agents, to its end, without a reload. */
import { add, minutes, openSettings, rollout, save } from "../support/form.js";
import { expect, mark, marked, row, signIn, test } from "../support/rollcall.js";

test("the roll-out reaches 100 %, and says who it waits for and why", async ({ page, server, agents }) => {
  await signIn(page, server);
  await page.goto(`${server.url}/agents`);
  for (const name of ["lyon", "porto"]) await agents.start(name);
  const umea = await agents.start("umea");
  for (const name of ["lyon", "porto", "umea"]) await expect(row(page, name)).toContainText("Online");
  await umea.stop();
  await expect(row(page, "umea")).toContainText("Offline");

  await openSettings(page, server);
  await mark(page);
  await add(page, "127.0.0.0/8");
  await minutes(page, "poll_every").fill("7");
  await save(page, 2);
  await expect(rollout(page)).toContainText("Roll-out of version 2");
  await expect(rollout(page)).toContainText("2 of 3 agents know it");
  await expect(rollout(page)).toContainText("66 %");
  const waiting = rollout(page).getByRole("list", { name: "Who does not know it yet, and why" }).getByRole("listitem");
  await expect(waiting).toHaveCount(1);
  await expect(waiting).toContainText("umea");
  await expect(waiting).toContainText("offline; told when it is back");

  umea.start();
  await expect(rollout(page)).toContainText("3 of 3 agents know it");
  await expect(rollout(page)).toContainText("100 %");
  await expect(rollout(page)).toContainText("Half of them within");
  await expect(waiting).toHaveCount(0);
  expect(await marked(page), "all of it without a reload").toBe(true);
});

test("of many who wait the first are shown, and more when asked for", async ({ page, server, agents }) => {
  await signIn(page, server);
  const names = Array.from({ length: 12 }, (_, n) => `site-${n + 1}`);
  await page.goto(`${server.url}/agents`);
  for (const name of names) {
    const agent = await agents.start(name);
    await expect(row(page, name)).toContainText("Online");
    await agent.kill();
  }
  for (const name of names) await expect(row(page, name)).toContainText("Offline");

  await openSettings(page, server);
  await minutes(page, "poll_every").fill("7");
  await save(page, 2);
  const waiting = rollout(page).getByRole("list", { name: "Who does not know it yet, and why" }).getByRole("listitem");
  await expect(waiting).toHaveCount(10);
  await expect(rollout(page)).toContainText("and 2 more");
  await rollout(page).getByRole("button", { name: "Show more" }).click();
  await expect(waiting).toHaveCount(12);
  await expect(rollout(page).getByRole("button", { name: "Show more" })).toBeHidden();
});
