/** How soon a page is there: with nothing of it in the cache, and again. */
import type { Browser, Page } from "@playwright/test";

import { median, type Asked, type Told } from "./asked.js";
import { signedIn, untilTable } from "./page.js";

interface Load {
  paint: number;
  usable: number;
}

/** Each with a cold and a warm cache; medians. */
export async function loads(browser: Browser, asked: Asked): Promise<Told> {
  const [cold, warm]: [Load[], Load[]] = [[], []];
  for (let turn = 0; turn < asked.loads; turn += 1) {
    const context = await signedIn(browser, asked);
    for (const all of [cold, warm]) {
      const page = await context.newPage();
      all.push(await load(page, asked));
      await page.close();
    }
    await context.close();
  }
  const bare: number[] = [];
  for (let turn = 0; turn < asked.loads; turn += 1) bare.push(await barePaint(browser, asked));
  const of = (all: Load[], key: keyof Load): number => median(all.map((one) => one[key]));
  return {
    paint: of(cold, "paint"),
    paint_floor: median(bare),
    paint_warm: of(warm, "paint"),
    usable: of(cold, "usable"),
    usable_warm: of(warm, "usable"),
    usable_worst: Math.max(...cold.map((one) => one.usable)),
  };
}

/** The first paint of a line of text that the same server answers: what no page of it can be better than in this browser. */
async function barePaint(browser: Browser, asked: Asked): Promise<number> {
  const context = await signedIn(browser, asked);
  const page = await context.newPage();
  await page.goto(`${asked.url}/healthz`);
  const painted = await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  const at = Number(await painted.jsonValue());
  await context.close();
  return at;
}

/** One load, in milliseconds from its beginning. */
async function load(page: Page, asked: Asked): Promise<Load> {
  await page.addInitScript((rows) => {
    const noted = { usable: 0 };
    Object.assign(window, { noted });
    const here = (): boolean => document.activeElement?.hasAttribute("data-agent") ?? false;
    const look = (): void => {
      // It was moved at the frame before, so by now that is on the screen.
      if (here()) {
        noted.usable = performance.now();
        return;
      }
      const live = document.querySelector('[data-testid="standing"] strong')?.textContent === "Live";
      const table = document.querySelector('table[aria-label="Agents"]');
      if (live && table?.getAttribute("aria-rowcount") === rows && table.querySelector("[data-agent]")) {
        document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true, cancelable: true }));
      }
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, String(asked.agents + 1));
  await page.goto(`${asked.url}/agents`, { waitUntil: "commit" });
  const usable = await page.waitForFunction(() => (window as unknown as { noted: Load }).noted.usable, undefined, {
    timeout: 60_000,
  });
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  if (paint === undefined) throw new Error("the page was never painted");
  return { paint, usable: await usable.jsonValue() };
}

/** What a load with a cold cache takes on the wire, by the browser's own count, in KB: files with their heads; the feed. */
export async function wire(browser: Browser, asked: Asked): Promise<Told> {
  const context = await signedIn(browser, asked);
  const page = await context.newPage();
  const client = await context.newCDPSession(page);
  const files = new Set<string>();
  let [page_bytes, feed_bytes] = [0, 0];
  client.on("Network.requestWillBeSent", ({ requestId, request }) => {
    if (!new URL(request.url).pathname.startsWith("/api/")) files.add(requestId);
  });
  client.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    if (files.has(requestId)) page_bytes += encodedDataLength;
  });
  client.on("Network.webSocketFrameReceived", ({ response }) => {
    feed_bytes += Buffer.byteLength(response.payloadData, response.opcode === 2 ? "base64" : "utf8");
  });
  await client.send("Network.enable");
  await page.goto(`${asked.url}/agents`);
  await untilTable(page, asked.agents);
  await context.close();
  return { page: page_bytes / 1024, snapshot: feed_bytes / 1024 };
}
