/** The settings of the fleet, read and saved as a program would. */
import { expect, type Page } from "@playwright/test";

import type { Server } from "./server.js";

/** The document: every field is asked for at a save. Minutes last as long as the server was told. */
export interface Settings {
  unreachable_network: string[];
  heartbeat: boolean;
  heartbeat_scope: "all" | "unreachable_network";
  heartbeat_every: number;
  offline_after: number;
  poll_every: number;
  verify_every: number;
  inactive_after_days: number;
  dial_own_addresses_in: string[];
  loopback: "off" | "unreachable_network" | "all";
  loopback_every_seconds: number;
}

/** Saves what is in force with some of it changed. Answers the new version. The page must be signed in. */
export async function changeSettings(page: Page, server: Server, change: Partial<Settings>): Promise<number> {
  const address = `${server.url}/api/v1/settings`;
  const read = await page.request.get(address);
  expect(read.ok(), `settings: ${read.status()} ${await read.text()}`).toBe(true);
  const { settings } = ((await read.json()) as { in_force: { settings: Partial<Settings> } }).in_force;
  const saved = await page.request.put(address, {
    headers: { origin: server.url, "if-match": read.headers()["etag"] ?? "" },
    // Empty lists are left out of what is read, and asked for in what is saved.
    data: { unreachable_network: [], dial_own_addresses_in: [], ...settings, ...change },
  });
  expect(saved.status(), `save: ${await saved.text()}`).toBe(200);
  return ((await saved.json()) as { in_force: { version: number } }).in_force.version;
}
