/**
 * The table of boundaries, typed into the form. The code that judges it in wasm is held to the same table as the API:
 * shared/src/settings/boundaries.json says what a row means.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { Page } from "@playwright/test";

import { add, advice, foot, lines, loopback, minutes, openSettings, paste, refusal, toggle, type MinutesField } from "../support/form.js";
import { expect, signIn, test } from "../support/rollcall.js";
import { Server } from "../support/server.js";
import { changeSettings } from "../support/settings.js";

interface Row {
  case: string;
  listens?: "ipv4" | "ipv6";
  set?: Record<string, string | boolean>;
  generate?: number;
  refused?: { field: string; says: string; meant?: string };
  kept?: string[];
  merged?: number;
  warned?: string[];
}

const TABLE = join(import.meta.dirname, "../../shared/src/settings/boundaries.json");
const { rows } = JSON.parse(readFileSync(TABLE, "utf8")) as { rows: Row[] };

/** Types what a row says. */
async function type(page: Page, row: Row): Promise<void> {
  for (const [field, value] of Object.entries(row.set ?? {})) {
    if (field === "unreachable_network") await add(page, String(value));
    else if (field === "loopback") await loopback(page, String(value)).check();
    else if (typeof value === "boolean") await toggle(page).setChecked(value);
    else await minutes(page, field as MinutesField).fill(value);
  }
  if (row.generate) {
    const address = (number: number): string => [24, 16, 8, 0].map((bits) => ((0x0a000000 + 2 * number) >>> bits) & 255).join(".");
    // Pasted, as a person would: Chromium takes minutes to have ten thousand lines typed into a field.
    await paste(page, Array.from({ length: row.generate }, (_, number) => address(number)).join("\n"));
  }
}

/** Holds what the form shows against the row. */
async function check(page: Page, row: Row): Promise<void> {
  const correct = foot(page).getByRole("button", { name: /fields? to correct/ });
  if (!row.refused) {
    await expect(correct, row.case).toBeHidden();
    if (row.kept) await expect(lines(page).locator("code"), row.case).toHaveText(row.kept);
    if (row.merged) await expect(page.getByText("overlapped and is part of").first(), row.case).toBeVisible();
    for (const field of ["poll_every", "offline_after", "loopback_every_seconds"]) {
      const heed = advice(page, field).and(page.locator(".minutes__advice--heed"));
      await expect(heed, `${row.case}: ${field}`).toHaveCount(row.warned?.includes(field) ? 1 : 0);
    }
    return;
  }
  await expect(correct, row.case).toHaveText("1 field to correct");
  const { field, says, meant } = row.refused;
  const place = /\[(\d+)\]/.exec(field)?.[1];
  if (place === undefined) {
    await expect(refusal(page, field), row.case).toContainText(says);
    return;
  }
  const line = lines(page).nth(Number(place));
  const input = line.getByRole("textbox", { name: "Range to correct" });
  await expect(input, row.case).toHaveAttribute("aria-invalid", "true");
  const described = await page.locator(`#${await input.getAttribute("aria-describedby")}`).innerText();
  // What a server listens on is said once, below the list.
  const told = `${described} ${await page.locator("#unreachable_network-hint").innerText()}`;
  expect(told, row.case).toContain(says);
  if (meant) {
    await line.getByRole("button", { name: `Use ${meant}` }).click();
    await expect(correct, row.case).toBeHidden();
    await expect(lines(page).filter({ hasText: meant }), row.case).toBeVisible();
  }
}

const SERVERS: Record<string, [host: string, flags: string[]]> = {
  both: ["127.0.0.1", ["--listen", "[::1]:0"]],
  ipv4: ["127.0.0.1", []],
  ipv6: ["[::1]", []],
};

for (const [listens, [host, flags]] of Object.entries(SERVERS)) {
  test(`the form holds the table of boundaries where the server listens on ${listens}`, async ({ page }) => {
    const server = await Server.start(host, flags);
    try {
      await signIn(page, server);
      await changeSettings(page, server, { heartbeat_every: 10, offline_after: 60, poll_every: 30 });
      await openSettings(page, server);
      for (const row of rows.filter((row) => (row.listens ?? "both") === listens)) {
        await test.step(row.case, async () => {
          await type(page, row);
          await check(page, row);
          await page.getByRole("button", { name: "Discard" }).click();
          await expect(foot(page).getByRole("button", { name: "Discard" })).toHaveAttribute("aria-disabled", "true");
        });
      }
      await page.goto("about:blank");
    } finally {
      await server.dispose();
    }
  });
}
