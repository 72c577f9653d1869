/** From a transition's time to the frame in which the row of the table shows it. */
import type { BrowserContext, Page } from "@playwright/test";

import { percentile, type Asked, type Told } from "./asked.js";

/** An agent, what its row became, and when that was drawn: milliseconds since 1970. */
export type Seen = [agent: string, to: string, at_ms: number];

interface Transition {
  at_ms: number;
  to: string;
}

/** A transition that no row showed within this was folded into a later one. */
const FOLDED_MS = 5_000;

/** Begins to note what the rows of the page become. */
export async function watch(page: Page): Promise<void> {
  await page.evaluate(() => {
    const seen: Seen[] = [];
    const statuses = new Map<string, string>();
    let fresh: [string, string][] = [];
    const drawn = new MessageChannel();
    // The console draws in animation frames. The next task is after such a frame: styled, laid out, painted and handed over.
    drawn.port1.onmessage = () => {
      // The clock that the server labels transitions by.
      const now = Date.now();
      for (const [agent, to] of fresh) seen.push([agent, to, now]);
      fresh = [];
    };
    const read = (row: Element): [string, string] | undefined => {
      const agent = row.querySelector("[data-agent]")?.getAttribute("data-agent");
      const to = /\brow--([a-z_]+)/.exec(row.className)?.[1];
      return agent && to ? [agent, to] : undefined;
    };
    for (const row of document.querySelectorAll("tr.row")) {
      const now = read(row);
      if (now) statuses.set(...now);
    }
    const observer = new MutationObserver((changes) => {
      for (const { target } of changes) {
        const now = target instanceof Element && target.matches("tr.row") ? read(target) : undefined;
        if (!now || statuses.get(now[0]) === now[1]) continue;
        if (statuses.has(now[0])) fresh.push(now);
        statuses.set(...now);
      }
      if (fresh.length > 0) drawn.port2.postMessage(0);
    });
    const table = document.querySelector('table[aria-label="Agents"]');
    if (!table) throw new Error("there is no table");
    observer.observe(table, { subtree: true, attributes: true, attributeFilter: ["class"] });
    Object.assign(window, { watched: { seen, observer } });
  });
}

/** Ends that, and gives what was seen. */
export function seen(page: Page): Promise<Seen[]> {
  return page.evaluate(() => {
    const { seen, observer } = (window as unknown as { watched: { seen: Seen[]; observer: MutationObserver } }).watched;
    observer.disconnect();
    return seen;
  });
}

/** The delays of what was seen, in milliseconds, by the name `of`. Its transitions must be in the history by now. */
export async function told(of: string, seen: Seen[], context: BrowserContext, asked: Asked): Promise<Told> {
  const delays: number[] = [];
  for (const agent of new Set(seen.map(([agent]) => agent))) {
    const rows = seen.filter(([whose]) => whose === agent);
    const history = await transitions(context, asked, agent);
    for (const [, to, at_ms] of rows) {
      // The one that it shows: the newest such before it.
      const shown = history.find((one) => one.to === to && one.at_ms <= at_ms);
      if (shown && at_ms - shown.at_ms < FOLDED_MS) delays.push(at_ms - shown.at_ms);
    }
  }
  if (delays.length < seen.length * 0.95) throw new Error(`${delays.length} of ${seen.length} changes of rows are transitions`);
  return {
    [`${of}_median`]: percentile(delays, 0.5),
    [`${of}_p99`]: percentile(delays, 0.99),
    [`${of}_worst`]: Math.max(...delays),
    [`${of}_counted`]: delays.length,
  };
}

/** Newest first. */
async function transitions(context: BrowserContext, asked: Asked, agent: string): Promise<Transition[]> {
  const answer = await context.request.get(`${asked.url}/api/v1/transitions?agent=${agent}&limit=1000`);
  if (!answer.ok()) throw new Error(`transitions: ${answer.status()} ${await answer.text()}`);
  return ((await answer.json()) as { items: Transition[] }).items;
}
