/** Components: handed out in the page, installed by real agents, whose own hooks run; and the roll-out seen all the way. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import AxeBuilder from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";

import { expect, mark, marked, paint, row, signIn, test } from "../support/rollcall.js";
import type { Server } from "../support/server.js";

const rollout = (page: Page): Locator => page.getByTestId("rollout");
const lineOf = (page: Page, name: string): Locator =>
  page.getByRole("table", { name: "Components" }).getByRole("row").filter({ has: page.getByRole("button", { name, exact: true }) });

/** A folder with one hook, which notes that it ran and ends as it is told. Answers the folder and the note. */
async function hook(server: Server, component: string, status: number): Promise<{ folder: string; note: string }> {
  const folder = join(server.home, `hooks-${status}`);
  const note = join(server.home, `ran-${status}`);
  await mkdir(folder, { mode: 0o755 });
  await writeFile(join(folder, component), `#!/bin/sh\necho ran >'${note}'\necho 'no room for it' >&2\nexit ${status}\n`, { mode: 0o755 });
  return { folder, note };
}

/** Fills the form in and sends it. */
async function upload(page: Page, name: string, version: string, bytes: Buffer): Promise<void> {
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Version", { exact: true }).fill(version);
  await page.getByLabel("File").setInputFiles({ name: "any.bin", mimeType: "application/octet-stream", buffer: bytes });
  await page.getByRole("button", { name: "Hand out" }).click();
}

test("a file that is uploaded in the page is installed by an agent, whose hook runs, and the roll-out reaches 100 % by itself", async ({ page, server, agents }) => {
  const { folder, note } = await hook(server, "antivirus", 0);
  await signIn(page, server);
  const narvik = await agents.enrol("narvik");
  narvik.start(["--hooks", folder]);
  await page.goto(`${server.url}/agents`);
  await expect(row(page, "narvik")).toContainText("Online");

  await page.goto(`${server.url}/settings`);
  await page.getByRole("link", { name: "Components" }).click();
  await expect(page).toHaveURL(`${server.url}/settings/components`);
  await expect(page.getByText("Nothing is handed out yet.")).toBeVisible();
  await mark(page);

  const bytes = Buffer.alloc(5_000_000, "signatures");
  await test.step("the SHA-256 that the server computed is the file's", async () => {
    await upload(page, "antivirus", "1.0", bytes);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    await expect(page.getByText(`antivirus 1.0 is handed out. Its SHA-256 is ${sha256}.`)).toBeVisible();
    await expect(lineOf(page, "antivirus")).toContainText(sha256.slice(0, 12));
    await expect(lineOf(page, "antivirus")).toContainText("5.00 MB");
    await expect(lineOf(page, "antivirus")).toContainText("ada");
  });

  await test.step("the agent has it, and its hook ran", async () => {
    await expect(rollout(page)).toContainText("Roll-out of antivirus 1.0");
    await expect(rollout(page)).toContainText("100 %");
    await expect(rollout(page)).toContainText("1 of 1 agent have it");
    await expect(lineOf(page, "antivirus")).toContainText("100 %");
    expect(existsSync(note), "the hook ran").toBe(true);
  });

  await test.step("a second version takes its place, and one returns to the first", async () => {
    await upload(page, "antivirus", "1.1", Buffer.from("other signatures"));
    await expect(lineOf(page, "antivirus")).toContainText("1.1");
    await expect(rollout(page)).toContainText("Roll-out of antivirus 1.1");
    await expect(rollout(page)).toContainText("100 %");
    await page.getByRole("button", { name: "Return to version 1.0" }).click();
    await expect(rollout(page)).toContainText("Roll-out of antivirus 1.0");
    await expect(rollout(page)).toContainText("100 %");
  });

  await test.step("the same version does not take other bytes", async () => {
    await upload(page, "antivirus", "1.1", Buffer.from("yet other signatures"));
    await expect(page.getByRole("alert").filter({ hasText: "Version 1.1 of antivirus stands for" })).toBeVisible();
  });

  await test.step("withdrawn, nobody is to have it", async () => {
    page.once("dialog", (dialog) => void dialog.accept());
    await page.getByRole("button", { name: "Withdraw version 1.0" }).click();
    await expect(page.getByText("Nothing is handed out yet.")).toBeVisible();
  });
  expect(await marked(page), "all of it without a reload").toBe(true);
});

test("a hook that fails is shown with its words", async ({ page, server, agents }) => {
  const { folder } = await hook(server, "firewall", 3);
  await signIn(page, server);
  const oulu = await agents.enrol("oulu");
  oulu.start(["--hooks", folder]);
  await page.goto(`${server.url}/agents`);
  await expect(row(page, "oulu")).toContainText("Online");

  await page.goto(`${server.url}/settings/components`);
  await mark(page);
  await upload(page, "firewall", "7", Buffer.from("rules"));
  await expect(rollout(page)).toContainText("1 failed");
  await expect(rollout(page).getByRole("listitem").filter({ hasText: "oulu" })).toContainText("no room for it");
  await expect(lineOf(page, "firewall")).toContainText("0 %, 1 failed");
  expect(await marked(page), "without a reload").toBe(true);

  for (const theme of ["dark", "light"] as const) {
    await paint(page, theme);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect.soft(violations.map(({ id, help, nodes }) => ({ id, help, at: nodes.map((node) => node.html) })), theme).toEqual([]);
  }
});

test("what cannot be a component is refused beside its field, before anything is sent", async ({ page, server }) => {
  await signIn(page, server);
  await page.goto(`${server.url}/settings/components`);
  await page.getByRole("button", { name: "Hand out" }).click();
  await expect(page.getByText("Allowed are 1 to 64 lower-case letters, digits, - and _")).toBeVisible();
  await expect(page.getByText("Allowed are 1 to 64 lower-case letters, digits, -, _, + and single dots")).toBeVisible();

  await page.getByLabel("Name").fill("mirror");
  await page.getByLabel("Version", { exact: true }).fill("1");
  await page.getByRole("button", { name: "Hand out" }).click();
  await expect(page.getByText("Choose the file.")).toBeVisible();

  await page.getByRole("radio", { name: "From elsewhere" }).check();
  await page.getByLabel("Addresses").fill("http://mirror.example/1");
  await page.getByLabel("Size in bytes").fill("5");
  await page.getByLabel("SHA-256", { exact: true }).fill("00ff".repeat(16));
  await page.getByRole("button", { name: "Hand out" }).click();
  await expect(page.getByText("Everybody on the way could see what agents install.")).toBeVisible();
  await page.getByLabel("Addresses").fill("https://mirror.example/1");
  await page.getByRole("button", { name: "Hand out" }).click();
  await expect(page.getByText("mirror 1 is handed out.")).toBeVisible();
  await expect(page.getByText("from https://mirror.example/1")).toBeVisible();
});
