/** The agent tree, made and filled as a program would, and as the page of agents shows it. */
import { expect, type Locator, type Page } from "@playwright/test";

import { row } from "./rollcall.js";
import type { Server } from "./server.js";

/** The domain that holds all. */
export const ROOT = 1;

/** Makes a domain. Answers its number. The page must be signed in. */
export async function makeDomain(page: Page, server: Server, name: string, parent = ROOT): Promise<number> {
  const headers = { origin: server.url };
  const made = await page.request.post(`${server.url}/api/v1/domains`, { headers, data: { name, parent } });
  expect(made.status(), `domain: ${await made.text()}`).toBe(201);
  return ((await made.json()) as { id: number }).id;
}

/** Puts an agent into a domain. */
export async function putInto(page: Page, server: Server, name: string, domain: number): Promise<void> {
  const listed = await page.request.get(`${server.url}/api/v1/agents`);
  const { items } = (await listed.json()) as { items: { id: string; name: string }[] };
  const agents = items.filter((agent) => agent.name === name).map((agent) => agent.id);
  const headers = { origin: server.url };
  const moved = await page.request.post(`${server.url}/api/v1/agents/move`, { headers, data: { agents, domain } });
  expect(moved.ok(), `move: ${moved.status()} ${await moved.text()}`).toBe(true);
}

/** The tree beside the table. */
export const tree = (page: Page): Locator => page.getByRole("tree", { name: "Domains" });
/** The line of a domain. */
export const branch = (page: Page, name: string): Locator => tree(page).getByRole("treeitem", { name: new RegExp(`^${name} [0-9]`) });
/** How many of its agents are online, as the line says it in words. */
export const online = (page: Page, name: string, words: string): Promise<void> => expect(branch(page, name)).toHaveAttribute("title", `${words} online`);
/** The names of the agents that the table shows, in its order. */
export const shown = (page: Page): Locator => page.getByRole("table", { name: "Agents" }).getByRole("row").getByRole("link");
/** The bar of what may be done with those that are ticked. */
export const bar = (page: Page): Locator => page.getByRole("region", { name: "Selected agents" });
/** The cell in which an agent is ticked. */
export const tick = (page: Page, name: string): Locator => row(page, name).locator(".cell--tick");
/** What became of them, line by line. */
export const ends = (page: Page): Locator => page.getByRole("list", { name: "What became of them" }).getByRole("listitem");
