/** What every spec begins with: a server of its own, agents that end with it, and an admin. */
import { expect, test as base, type Locator, type Page } from "@playwright/test";

import { Agent } from "./agent.js";
import { Server } from "./server.js";

export const ADMIN = { name: "ada", password: "correct horse battery staple" };

/** What Chromium logs as an error though all is well, with the address it is about. */
const EXPECTED = [
  { why: "of two who save at once the second is refused", line: /status of 412 .*\/api\/v1\/settings\)$/ },
  { why: "nobody is signed in, or a sign-in is refused", line: /status of 401 .*\/api\/v1\/session(\/display)?\)$/ },
  { why: "a change of the tree is refused", line: /status of 4(09|22) .*\/api\/v1\/(domains|tokens|displays)/ },
  { why: "nobody has an id that is asked for", line: /status of 404 .*\/api\/v1\/agents\/0{13}/ },
  { why: "a component is refused", line: /status of 4(09|22) .*\/api\/v1\/components/ },
];
/** The same, while there is no server. */
const WITHOUT_SERVER = [
  { why: "the feed is tried again and again", line: /^WebSocket connection to .*\/api\/v1\/feed/ },
  { why: "so are requests", line: /net::ERR_\w+ .*\/api\/v1\// },
];

interface Rollcall {
  /** An option: the test stops or stalls the server, and the console is right to fail to reach it. */
  serverGoesAway: boolean;
  server: Server;
  agents: {
    /** By the line that the server printed. */
    byPrintedLine(name: string): Agent;
    /** By a line that the console shows. */
    byLine(name: string, line: string): Agent;
    /** Enrolled and not started. */
    enrol(name: string, url?: string): Promise<Agent>;
    /** Enrolled and started. */
    start(name: string): Promise<Agent>;
  };
}

export const test = base.extend<Rollcall>({
  server: async ({}, use, info) => {
    const server = await Server.start();
    try {
      await use(server);
    } finally {
      if (info.status !== info.expectedStatus) await info.attach("server.log", { body: server.log });
      await server.dispose();
    }
  },

  agents: async ({ server }, use, info) => {
    const all: Agent[] = [];
    const kept = (agent: Agent): Agent => {
      all.push(agent);
      return agent;
    };
    const enrol = async (name: string, url?: string): Promise<Agent> => kept(await Agent.enrol(server, name, url));
    try {
      await use({
        byPrintedLine: (name) => kept(Agent.byLine(server, name, server.announcement.enroll_command)),
        byLine: (name, line) => kept(Agent.byLine(server, name, line)),
        enrol,
        start: async (name) => {
          const agent = await enrol(name);
          agent.start();
          return agent;
        },
      });
    } finally {
      // All of them, whatever one says: none may outlive its test.
      const ends = await Promise.allSettled(all.map((agent) => agent.kill()));
      if (info.status !== info.expectedStatus) {
        for (const agent of all) await info.attach(`${agent.name}.log`, { body: agent.log });
      }
      const failures = ends.flatMap((end) => (end.status === "rejected" ? [String(end.reason)] : []));
      if (failures.length > 0) throw new Error(failures.join("\n"));
    }
  },

  serverGoesAway: [false, { option: true }],

  // A console that logs an error, or whose code throws, fails the test that saw it. It takes the server so that it
  // looks before the server is stopped: what the console says of that is no news.
  page: async ({ page, server: _, serverGoesAway }, use) => {
    const expected = serverGoesAway ? [...EXPECTED, ...WITHOUT_SERVER] : EXPECTED;
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => {
      if (message.type() !== "error") return;
      const line = `${message.text()} (${message.location().url})`;
      if (!expected.some(({ line: pattern }) => pattern.test(line))) errors.push(line);
    });
    await use(page);
    expect(errors, "the console threw, or logged an error").toEqual([]);
  },
});

export { expect };

/** Creates the first admin and signs in, without the pages for it. The page is still to be opened. */
export async function signIn(page: Page, server: Server): Promise<void> {
  const headers = { origin: server.url };
  const token = new URL(server.announcement.setup_url ?? "").hash.slice(1);
  const made = await page.request.post(`${server.url}/api/v1/setup`, { headers, data: { token, ...ADMIN } });
  expect(made.ok(), `setup: ${made.status()} ${await made.text()}`).toBe(true);
  const session = await page.request.get(`${server.url}/api/v1/session`);
  if (!session.ok()) {
    const signed = await page.request.post(`${server.url}/api/v1/session`, { headers, data: ADMIN });
    expect(signed.ok(), `sign in: ${signed.status()} ${await signed.text()}`).toBe(true);
  }
}

/** Opens the one-time link and creates the first admin by its page. */
export async function createFirstAdmin(page: Page, server: Server): Promise<void> {
  await page.goto(server.announcement.setup_url ?? "");
  await page.getByLabel("Name").fill(ADMIN.name);
  await page.getByLabel("Password").fill(ADMIN.password);
  await page.getByRole("button", { name: /^Create/ }).click();
  await expect(page).toHaveURL(`${server.url}/agents`);
  await expect(page.getByRole("heading", { name: "Agents", exact: true })).toBeVisible();
}

/** The row of an agent. */
export function row(page: Page, name: string): Locator {
  return page.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });
}

/** The lines of an agent on the page of events, newest first. */
export function events(page: Page, name: string): Locator {
  const list = page.getByRole("list", { name: "Transitions", exact: true });
  return list.getByRole("listitem").filter({ has: page.getByRole("link", { name, exact: true }) });
}

/** Waits until so much has passed of what a test waits for: a span that is to be seen has to last. */
export async function lasted(ms: number): Promise<void> {
  const from = Date.now();
  await expect.poll(() => Date.now() - from, { timeout: ms + 10_000, intervals: [50] }).toBeGreaterThan(ms);
}

/** What nobody can miss on a screen that is not live. */
export const banner = (page: Page): Locator => page.getByTestId("banner");
/** The small word at the top of every page: Live, or not. */
export const standing = (page: Page): Locator => page.getByTestId("standing");

/** Shows the page in a theme, as if it had been chosen, with everything at rest. */
export async function paint(page: Page, theme: "dark" | "light"): Promise<void> {
  await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
  await page.evaluate(async (theme) => {
    document.documentElement.dataset.theme = theme;
    const ending = document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime !== Infinity);
    await Promise.all(ending.map((one) => one.finished.catch(() => {})));
  }, theme);
}

/** Sets a mark that a reload wipes away. */
export async function mark(page: Page): Promise<void> {
  await page.evaluate(() => Object.assign(window, { notReloaded: true }));
}

/** Whether {@link mark} was set since the page was loaded. */
export async function marked(page: Page): Promise<boolean> {
  return page.evaluate(() => "notReloaded" in window);
}
