/** A small fleet that pages are shown with. */
import type { Page } from "@playwright/test";

import type { Agent } from "./agent.js";
import { makeDomain, putInto } from "./domains.js";
import { expect, row, signIn } from "./rollcall.js";
import type { Server } from "./server.js";

interface Two {
  page: Page;
  server: Server;
  agents: { start(name: string): Promise<Agent> };
}

/** Two agents: lyon is online and in Oslo, porto said goodbye. Answers the domain's number. */
export async function two({ page, server, agents }: Two): Promise<number> {
  await signIn(page, server);
  const oslo = await makeDomain(page, server, "Oslo");
  await page.goto(`${server.url}/agents`);
  await agents.start("lyon");
  await expect(row(page, "lyon")).toContainText("Online");
  const porto = await agents.start("porto");
  await expect(row(page, "porto")).toContainText("Online");
  await porto.stop();
  await expect(row(page, "porto")).toContainText("Offline");
  await putInto(page, server, "lyon", oslo);
  return oslo;
}
