/** The form of the unreachable network, as a person sees it. */
import { expect, type Locator, type Page } from "@playwright/test";

import type { Server } from "./server.js";

export const FIELDS = {
  poll_every: "Agents poll the server for updated components and settings every",
  heartbeat_every: "Agents send heartbeat every",
  offline_after: "An agent is offline if there is no heartbeat after",
  loopback_every_seconds: "A packet through the NAT, and its echo, every",
} as const;

export type MinutesField = keyof typeof FIELDS;

export const minutes = (page: Page, field: MinutesField): Locator => page.getByLabel(FIELDS[field]);
export const refusal = (page: Page, field: string): Locator => page.locator(`#${field}-refusal`);
export const advice = (page: Page, field: string): Locator => page.locator(`#${field}-advice`);
export const toggle = (page: Page): Locator => page.getByRole("switch", { name: "Allow agents to send heartbeat to the server" });
/** The choices of who sends loopback packets, by the names that the API has for them. */
export const LOOPBACK: Record<string, string> = {
  off: "Off",
  unreachable_network: "Only agents in the unreachable network",
  all: "All agents",
};
export const loopback = (page: Page, mode: string): Locator =>
  page.getByRole("group", { name: "Who sends loopback packets" }).getByRole("radio", { name: LOOPBACK[mode] ?? mode });
/** The lines of the list. */
export const lines = (page: Page): Locator => page.getByRole("list", { name: "Networks" }).getByRole("listitem");
export const adder = (page: Page): Locator => page.getByLabel("Add ranges");
export const saver = (page: Page): Locator => page.getByRole("button", { name: "Save", exact: true });
export const foot = (page: Page): Locator => page.locator(".foot");
export const rollout = (page: Page): Locator => page.getByTestId("rollout");
export const history = (page: Page): Locator => page.getByRole("list", { name: "History" }).locator(":scope > li");

/** Opens the page, and waits until there is a form. */
export async function openSettings(page: Page, server: Server, path = "/settings/unreachable-network"): Promise<void> {
  await page.goto(`${server.url}${path}`);
  await expect(minutes(page, "poll_every")).toBeVisible();
}

/** Types a list and has it taken. */
export async function add(page: Page, text: string): Promise<void> {
  await adder(page).fill(text);
  await page.getByRole("button", { name: "Add", exact: true }).click();
}

/** Pastes a text into the field, as the browser does with what is on the clipboard. */
export async function paste(page: Page, text: string): Promise<void> {
  await adder(page).focus();
  await adder(page).evaluate((field, text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, text);
}

/** Saves, and waits for the version that it became. */
export async function save(page: Page, version: number, note?: string): Promise<void> {
  if (note !== undefined) await page.getByLabel("Note for the history, optional").fill(note);
  await saver(page).click();
  await expect(foot(page)).toContainText(`Saved as version ${version}.`);
}
