/** Frames of a page, by the timestamps that its animation frames bear. */
import type { CDPSession, Page } from "@playwright/test";

import { percentile, type Told } from "./asked.js";

/** A frame that takes longer than this is one that somebody could see missing: at 60 a second each has 16.7 ms. */
const LATE_MS = 20;

/** The timestamps of all animation frames within so many seconds. */
export function frames(page: Page, seconds: number): Promise<number[]> {
  return page.evaluate(
    (ms) =>
      new Promise<number[]>((done) => {
        const at: number[] = [];
        const step = (now: number): void => {
          at.push(now);
          if (now - (at[0] ?? now) < ms) requestAnimationFrame(step);
          else done(at);
        };
        requestAnimationFrame(step);
      }),
    seconds * 1000,
  );
}

/** Has the page count the frames in which a row is drawn that the server has yet to tell of. */
export async function watchAwaited(page: Page): Promise<void> {
  await page.evaluate(() => {
    const noted = { frames: 0, awaited: 0 };
    Object.assign(window, { awaited: noted });
    const step = (): void => {
      noted.frames += 1;
      if (document.querySelector(".row--awaited")) noted.awaited += 1;
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
}

/** The share of such frames since then, in a hundred. */
export function awaited(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { awaited: noted } = window as unknown as { awaited: { frames: number; awaited: number } };
    return (noted.awaited / Math.max(noted.frames, 1)) * 100;
  });
}

/** Frames a second, the share of late ones in a hundred, and the longest, by the name `of`. */
export function told(of: string, at: number[]): Told {
  const took = at.slice(1).map((now, place) => now - (at[place] ?? now));
  const all = took.reduce((sum, one) => sum + one, 0);
  return {
    [`${of}_fps`]: (took.length / all) * 1000,
    [`${of}_late`]: (took.filter((one) => one > LATE_MS).length / took.length) * 100,
    [`${of}_p99`]: percentile(took, 0.99),
    [`${of}_worst`]: Math.max(...took),
  };
}

/** What the page's main thread does, by the browser's own count. */
const KINDS = { task: "TaskDuration", script: "ScriptDuration", style: "RecalcStyleDuration", layout: "LayoutDuration" };

/** How long the main thread worked since it was started. */
export class Work {
  private constructor(
    private readonly client: CDPSession,
    private readonly before: Record<string, number>,
  ) {}

  static async start(client: CDPSession): Promise<Work> {
    await client.send("Performance.enable");
    return new Work(client, await Work.counted(client));
  }

  private static async counted(client: CDPSession): Promise<Record<string, number>> {
    const { metrics } = await client.send("Performance.getMetrics");
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  }

  /** Milliseconds for each of so many frames, by the name `of` and the kind of work. */
  async told(of: string, frames: number): Promise<Told> {
    const now = await Work.counted(this.client);
    const took = (name: string): number => (((now[name] ?? 0) - (this.before[name] ?? 0)) * 1000) / frames;
    return Object.fromEntries(Object.entries(KINDS).map(([kind, name]) => [`${of}_${kind}`, took(name)]));
  }
}
