/** What an agent was to be told, on its own page: live, with the delay, and its components by that. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Locator, Page } from "@playwright/test";

import { audit } from "../support/access.js";
import { expect, mark, marked, row, signIn, test } from "../support/rollcall.js";
import type { Server } from "../support/server.js";
import { changeSettings } from "../support/settings.js";

const notifications = (page: Page): Locator => page.getByRole("list", { name: "Its notifications" }).getByRole("listitem");
const component = (page: Page, name: string): Locator =>
  page.locator(".components .fact").filter({ has: page.getByRole("term").getByText(name, { exact: true }) });

/** Hands out a version of a component. */
async function handOut(page: Page, server: Server, name: string, version: string, bytes: string): Promise<void> {
  const answer = await page.request.put(`${server.url}/api/v1/components/${name}/versions/${version}`, {
    headers: { origin: server.url, "content-type": "application/octet-stream" },
    data: Buffer.from(bytes),
  });
  expect(answer.ok(), `component: ${answer.status()} ${await answer.text()}`).toBe(true);
}

test("a save is told to an agent, and its page says after how long and by which way", async ({ page, server, agents }) => {
  const hooks = join(server.home, "hooks");
  await mkdir(hooks, { mode: 0o755 });
  await writeFile(join(hooks, "broken"), "#!/bin/sh\necho 'no room for it' >&2\nexit 3\n", { mode: 0o755 });
  await signIn(page, server);
  await page.goto(`${server.url}/agents`);
  const narvik = await agents.enrol("narvik");
  narvik.start(["--hooks", hooks]);
  await expect(row(page, "narvik")).toContainText("Online");
  await row(page, "narvik").getByRole("link").click();
  await expect(page.getByText("There was nothing to tell it.")).toBeVisible();
  await mark(page);

  await test.step("settings", async () => {
    const version = await changeSettings(page, server, { poll_every: 5 });
    await expect(notifications(page)).toHaveCount(1);
    await expect(notifications(page).first()).toContainText(`Settings version ${version}`);
    await expect(notifications(page).first()).toContainText(/applied after \d+\.\d s · told (by connecting to it|at its (heartbeat|poll))/);
  });

  await test.step("a component that is installed, and one whose hook fails", async () => {
    await handOut(page, server, "antivirus", "1.0", "signatures");
    await expect(component(page, "antivirus")).toContainText("1.0");
    await expect(notifications(page).first()).toContainText(/antivirus 1\.0 · applied after \d+(\.\d)? s/);
    await handOut(page, server, "broken", "2.0", "anything");
    await expect(component(page, "broken")).toContainText(/none → 2\.0 failed: .*no room for it/);
    await expect(notifications(page).first()).toContainText(/broken 2\.0 · failed after .*no room for it/);
    await audit(page, "one agent with its notifications");
  });

  await test.step("what waits while it is away is queued, and superseded by what comes after", async () => {
    await narvik.stop();
    const waits = await changeSettings(page, server, { poll_every: 7 });
    const line = notifications(page).filter({ hasText: `Settings version ${waits}` });
    await expect(line).toContainText("queued: the agent does not know yet", { timeout: 20_000 });
    await changeSettings(page, server, { poll_every: 8 });
    await expect(line).toContainText("superseded by a newer one");
  });
  expect(await marked(page), "all of it without a reload").toBe(true);
});
