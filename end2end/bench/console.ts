/**
 * The console's figures for `make bench ROWS=console`: a part of them in a run of the project `bench`.
 *
 * Server and agents are there: `.ci/bench.d/ours/console.py` starts them and asks (`asked.ts`).
 */
import { test, type Browser, type Page } from "@playwright/test";

import { asked, pause, tell, type Asked, type Told } from "./asked.js";
import { Changes } from "./changes.js";
import * as delays from "./delays.js";
import * as shown from "./frames.js";
import { loads, wire } from "./loads.js";
import { holds, noteWebAssembly } from "./memory.js";
import { emptyPage, online, signedIn, untilTable } from "./page.js";

/** How quickly the table is scrolled: a hundred rows a second and some. */
const SCROLL_PX_A_SECOND = 4_000;

/** The agents of the first hundred numbers, of which a screen shows some thirty: `bench-fill` names them. */
const SOME_ROWS = "pos-0000-000";

/** Few enough changes that each comes after a calm. */
const CALM = 4;

/** A page that was just opened has work left. */
const SETTLE_MS = 3_000;

/** A transition is in the history within a second. */
const KEPT_MS = 2_000;

const PARTS: Record<Asked["part"], (browser: Browser, asked: Asked) => Promise<Told>> = { table, scroll, wall };

test("the console", async ({ browser }) => {
  test.setTimeout(0);
  const run = asked();
  test.skip(!run, "make bench asks for it");
  if (!run) return;
  tell({ ...(await floor(browser, run)), ...(await PARTS[run.part](browser, run)) });
});

/** Frames of an empty page: what this browser makes of this machine at the most. */
async function floor(browser: Browser, asked: Asked): Promise<Told> {
  const page = await emptyPage(browser);
  const told = shown.told("floor", await shown.frames(page, asked.seconds));
  await page.context().close();
  return told;
}

/** The table of many who are all at rest: how soon it is there, what it takes on the wire; then how late it shows changes. */
async function table(browser: Browser, asked: Asked): Promise<Told> {
  const told = { ...(await loads(browser, asked)), ...(await wire(browser, asked)) };
  const context = await signedIn(browser, asked);
  const page = await context.newPage();
  await page.goto(`${asked.url}/agents?q=${SOME_ROWS}`);
  await page.waitForFunction(() => document.querySelectorAll("tr.row:not(.row--awaited)").length >= 20);
  Object.assign(told, await late("calm", page, asked, asked.driven.slice(0, 20), CALM));
  Object.assign(told, await late("busy", page, asked, asked.driven, asked.rate));
  await context.close();
  return told;
}

/** How late rows of the page show what becomes of these agents, of whom so many change in a second. */
async function late(of: string, page: Page, asked: Asked, driven: string[], rate: number): Promise<Told> {
  const changes = await Changes.start(asked.url, asked.secret, driven, rate);
  await pause(SETTLE_MS);
  await delays.watch(page);
  const [made, began] = [changes.made, performance.now()];
  await pause(2 * asked.seconds * 1000);
  const reached = (changes.made - made) / ((performance.now() - began) / 1000);
  const seen = await delays.seen(page);
  await changes.stop();
  await pause(KEPT_MS);
  return { ...(await delays.told(of, seen, page.context(), asked)), [`${of}_rate`]: reached };
}

/** The table is scrolled while the leases of all end, one after the other. */
async function scroll(browser: Browser, asked: Asked): Promise<Told> {
  const context = await signedIn(browser, asked);
  const page = await context.newPage();
  await page.goto(`${asked.url}/agents`);
  await untilTable(page, asked.agents);
  await pause(SETTLE_MS);
  if ((await online(context, asked)) < asked.agents) throw new Error("leases ended before the table was there");
  while ((await online(context, asked)) === asked.agents) await pause(100);

  const [before, began] = [await online(context, asked), performance.now()];
  await shown.watchAwaited(page);
  const client = await context.newCDPSession(page);
  const work = await shown.Work.start(client);
  const at = await scrolling(page, ".table", asked);
  const after = await online(context, asked);
  const rate = (before - after) / ((performance.now() - began) / 1000);
  const worked = await work.told("scroll", at.length * ((asked.seconds + 1) / asked.seconds));
  const awaited = await shown.awaited(page);
  const went = await page.locator(".table").evaluate((frame) => frame.scrollTop);
  await context.close();
  return { ...(await plain(browser, asked)), ...shown.told("scroll", at), scroll_rate: rate, scrolled: went, awaited, ...worked };
}

/** The same scrolling of a page that is nothing but a long table of text: what drawing it takes on this machine. */
async function plain(browser: Browser, asked: Asked): Promise<Told> {
  const page = await emptyPage(browser);
  const line = `<tr style="height: 37px">${"<td>pos-0000-00001.branch</td>".repeat(7)}</tr>`;
  await page.setContent(`<table style="width: 100%">${line.repeat(2_000)}</table>`);
  await pause(SETTLE_MS);
  const told = shown.told("plain", await scrolling(page, "table", asked));
  await page.context().close();
  return told;
}

/** The frames of a page while what a selector names is scrolled by the wheel. */
async function scrolling(page: Page, selector: string, asked: Asked): Promise<number[]> {
  const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
  const box = await page.locator(selector).boundingBox();
  if (!box) throw new Error(`there is no ${selector}`);
  const client = await page.context().newCDPSession(page);
  const [at] = await Promise.all([
    shown.frames(page, asked.seconds),
    client.send("Input.synthesizeScrollGesture", {
      x: box.x + Math.min(box.width, width - box.x) / 2,
      y: box.y + Math.min(box.height, height - box.y) / 2,
      // A little longer than frames are counted.
      yDistance: -SCROLL_PX_A_SECOND * (asked.seconds + 1),
      speed: SCROLL_PX_A_SECOND,
      gestureSourceType: "mouse",
      preventFling: true,
    }),
  ]);
  return at;
}

/** The wall while some of all its cells change all the time: its frames, and what it holds at the start and at the end. */
async function wall(browser: Browser, asked: Asked): Promise<Told> {
  const context = await signedIn(browser, asked);
  const page = await context.newPage();
  await noteWebAssembly(page);
  const client = await context.newCDPSession(page);
  await page.goto(`${asked.url}/wall`);
  await page.waitForFunction(
    () => document.querySelector('[data-testid="standing"] strong')?.textContent === "Live",
    undefined,
    { timeout: 120_000 },
  );
  const changes = await Changes.start(asked.url, asked.secret, asked.driven, asked.rate);
  await pause(2 * SETTLE_MS);
  const [made, began] = [changes.made, performance.now()];
  const first = shown.told("wall", await shown.frames(page, 2 * asked.seconds));
  const start = await holds(browser, page, client);
  await pause(asked.minutes * 60_000);
  const end = await holds(browser, page, client);
  const last = shown.told("last", await shown.frames(page, asked.seconds));
  const rate = (changes.made - made) / ((performance.now() - began) / 1000);
  await changes.stop();
  await context.close();
  return {
    ...first,
    wall_fps_last: last.last_fps ?? NaN,
    wall_rate: rate,
    heap: start.heap,
    heap_grew: end.heap - start.heap,
    nodes: start.nodes,
    nodes_grew: end.nodes - start.nodes,
    process: start.process,
    process_grew: end.process - start.process,
  };
}
