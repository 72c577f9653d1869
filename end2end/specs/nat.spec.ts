/** A save in the page, and agents that a router hides from the server: all of them get it. */
import { join } from "node:path";

import { chromium } from "@playwright/test";

import { Agent } from "../support/agent.js";
import { add, openSettings, rollout, save } from "../support/form.js";
import { Lab, PRIVATE, SERVER } from "../support/lab.js";
import { createFirstAdmin, expect, mark, marked, row, test } from "../support/rollcall.js";
import { Server } from "../support/server.js";

const BROWSER = join(import.meta.dirname, "../support/chromium-in-namespace.sh");

test("a save reaches agents behind a NAT, and the roll-out its end, without a reload", async ({ launchOptions }, info) => {
  const lab = await Lab.lay();
  if (typeof lab === "string") {
    test.skip(true, lab);
    return;
  }
  const ends: (() => Promise<unknown>)[] = [() => lab.remove()];
  try {
    const server = await Server.start(SERVER, [], lab.within("server"));
    ends.push(() => server.dispose());
    const env = { ...process.env, ROLLCALL_NETNS: lab.name("server") } as Record<string, string>;
    const browser = await chromium.launch({ ...launchOptions, executablePath: BROWSER, env });
    ends.push(() => browser.close());
    const page = await browser.newPage();
    await createFirstAdmin(page, server);
    for (const role of ["inside", "outside"] as const) {
      const agent = await Agent.enrol(server, role, server.url, lab.within(role));
      ends.push(() => agent.kill());
      agent.start();
      await expect(row(page, role)).toContainText("Online");
    }

    await openSettings(page, server);
    await mark(page);
    await add(page, PRIVATE);
    await save(page, 2);
    await expect(rollout(page)).toContainText("2 of 2 agents know it");
    await expect(rollout(page)).toContainText("100 %");
    expect(await marked(page), "all of it without a reload").toBe(true);

    await page.goto(`${server.url}/agents`);
    await expect(row(page, "inside")).toContainText("Unreachable / Online");
    await expect(row(page, "outside")).not.toContainText("Unreachable");
    await info.attach("agents.png", { body: await page.screenshot(), contentType: "image/png" });
  } finally {
    // The last first: nothing outlives the network that it speaks by.
    for (const end of ends.reverse()) await end();
  }
});
