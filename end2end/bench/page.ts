/** The console as somebody sees it who comes back: a context of its own, signed in, with what the console left there. */
import type { Browser, BrowserContext, Page } from "@playwright/test";

import type { Asked } from "./asked.js";

/** A screen of 1080 lines, as walls and desks have them. */
const VIEWPORT = { width: 1920, height: 1080 };

export async function signedIn(browser: Browser, asked: Asked): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: VIEWPORT, colorScheme: "dark" });
  const [name = "", value = ""] = asked.cookie.split("=");
  await context.addCookies([{ name, value, url: asked.url }]);
  return context;
}

/** An empty page in the same browser: what nothing can be better than. */
export async function emptyPage(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: VIEWPORT });
  return context.newPage();
}

/** Waits until the table shows all agents, live. */
export async function untilTable(page: Page, agents: number): Promise<void> {
  await page.waitForFunction(
    (rows) =>
      document.querySelector('[data-testid="standing"] strong')?.textContent === "Live" &&
      document.querySelector('table[aria-label="Agents"]')?.getAttribute("aria-rowcount") === rows &&
      document.querySelector("[data-agent]") !== null,
    String(agents + 1),
    { timeout: 120_000 },
  );
}

/** How many agents are online, by the server. */
export async function online(context: BrowserContext, asked: Asked): Promise<number> {
  const answer = await context.request.get(`${asked.url}/api/v1/status`);
  if (!answer.ok()) throw new Error(`status: ${answer.status()} ${await answer.text()}`);
  return ((await answer.json()) as { picture: { online: number } }).picture.online;
}
