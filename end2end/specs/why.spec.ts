/** Every status can be explained (rule 13): the card beside an agent, while it lives and after it was killed. */
import type { Locator, Page } from "@playwright/test";

import { expect, row, signIn, test } from "../support/rollcall.js";
import type { Server } from "../support/server.js";
import { until } from "../support/until.js";

/** What the API says of an agent, as far as this spec reads it. */
interface Why {
  status: string;
  since_ms: number;
  deadline: { at_ms: number } | null;
  verification: { outcome: string } | null;
}

const card = (page: Page): Locator => page.getByRole("region", { name: "Why it has this status" });

/** Opens the panel of an agent from its row. Answers its id. */
async function open(page: Page, name: string): Promise<string> {
  await row(page, name).getByRole("link").click();
  await expect(page).toHaveURL(/\/agents\/[^/?]+/);
  await expect(page.getByRole("heading", { name, exact: true })).toBeVisible();
  return /\/agents\/([^/?]+)/.exec(page.url())?.[1] ?? "";
}

async function explained(page: Page, server: Server, agent: string): Promise<Why> {
  const answer = await page.request.get(`${server.url}/api/v1/agents/${agent}/why`);
  expect(answer.ok(), `why: ${answer.status()} ${await answer.text()}`).toBe(true);
  return (await answer.json()) as Why;
}

test("the card explains why an agent is online, and why it is offline once it was killed", async ({ page, server, agents }) => {
  await signIn(page, server);
  await page.goto(`${server.url}/agents`);
  const turku = await agents.start("turku");
  await expect(row(page, "turku")).toContainText("Online");
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  const id = await open(page, "turku");

  await test.step("online: by which rule, until when, by which proof, and what would change it", async () => {
    await expect(card(page)).toContainText("any contact keeps it online for");
    await expect(card(page)).toContainText(/Deadline (in \d+ s|now)/);
    await expect(card(page).getByRole("table", { name: "Last proof" })).toContainText(/register/i);
    await expect(card(page)).toContainText("in no range");
    await expect(card(page)).toContainText("Its goodbye makes it offline at once.");
    // The exact time is at hand.
    const deadline = card(page).getByText(/^Deadline/);
    await expect(deadline).toHaveAttribute("title", /^\d+ \w+ \d{4}, \d\d:\d\d:\d\d$/);
  });

  await test.step("a heartbeat puts the deadline off, and the card follows", async () => {
    const deadline = card(page).getByText(/^Deadline/);
    const first = await deadline.getAttribute("datetime");
    await expect(deadline).not.toHaveAttribute("datetime", first ?? "");
    await expect(card(page).getByRole("table", { name: "Last proof" })).toContainText(/heartbeat/i);
    // Contacts change the explanation. What only another status changes was asked for when the panel opened.
    const times = (path: string): number => asked.filter((one) => one === path).length;
    expect(times(`/api/v1/agents/${id}/why`)).toBeGreaterThan(1);
    expect(times(`/api/v1/agents/${id}`), "it is asked for once").toBe(1);
  });

  await test.step("its transitions are told without a hole, those that are not stored yet too", async () => {
    const lines = page.getByRole("list", { name: "Its transitions" }).getByRole("listitem");
    const became = async (): Promise<(string | undefined)[]> =>
      (await lines.allInnerTexts()).map((line) => /Online|Offline|Pending/.exec(line)?.[0]);
    await expect.poll(became).toEqual(["Online", "Pending"]);
    await turku.stop();
    await expect.poll(became).toEqual(["Offline", "Online", "Pending"]);
    turku.start();
    // Back within a minute: that may be told as one restart, or as two changes.
    await expect(row(page, "turku")).toContainText("Online");
    await expect.poll(async () => (await became())[0]).toBe("Online");
  });

  await turku.kill();
  // Nothing renews it any more, so this is its last deadline; on a machine that is busy it may be over.
  const last = await explained(page, server, id);

  await test.step("killed: the deadline passes, and the card says so", async () => {
    await expect(row(page, "turku")).toContainText("Offline");
    await expect(card(page)).toContainText(/Deadline passed \d+ s ago/);
    await expect(card(page)).toContainText(/No contact for \d+ (s|min)\./);
    await expect(card(page)).toContainText("It is offline: no contact for");
    await expect(card(page)).toContainText("Any contact makes it online.");
    const now = await explained(page, server, id);
    expect(now.status).toBe("offline");
    expect(now.deadline, "who is offline has no deadline").toBeNull();
    if (last.deadline) expect(now.since_ms, "not before its deadline").toBeGreaterThanOrEqual(last.deadline.at_ms);
  });

  await test.step("back: the card explains that too", async () => {
    turku.start();
    await expect(row(page, "turku")).toContainText("Online");
    await expect(card(page)).toContainText("any contact keeps it online for");
    await expect(card(page)).toContainText(/Deadline (in \d+ s|now)/);
  });
});

test("a verification is asked for, and its outcome is told", async ({ page, server, agents }) => {
  await signIn(page, server);
  await page.goto(`${server.url}/agents`);
  const vaasa = await agents.start("vaasa");
  await expect(row(page, "vaasa")).toContainText("Online");
  const id = await open(page, "vaasa");
  await expect(card(page)).toContainText("Verification");

  // Whether it can be connected to is the network's to say; here it is only told, in words.
  const answered = page.waitForResponse((answer) => answer.url().endsWith("/api/v1/verifications"));
  await page.getByRole("button", { name: "Verify now" }).click();
  const answer = await answered;
  expect(answer.status()).toBe(200);
  expect(await answer.json()).toEqual([expect.objectContaining({ agent: id, outcome: expect.stringMatching(/^[a-z_]+$/) })]);
  await expect(card(page).getByRole("status")).toContainText(
    /proved itself|refused|no answer in time|no route|not this agent|not connected to|listens on no port/,
  );
  await expect(page.getByRole("button", { name: "Verify now" })).toBeEnabled();
  await until("the explanation has it too", async () => (await explained(page, server, id)).verification !== null);
  await vaasa.stop();
});

test("availability is told for a day, a week and a month, as three shares that add up", async ({ page, server, agents }) => {
  await signIn(page, server);
  await page.goto(`${server.url}/agents`);
  await agents.start("narvik");
  await expect(row(page, "narvik")).toContainText("Online");
  await open(page, "narvik");

  const shares = page.getByRole("region", { name: "Availability" });
  for (const period of ["24 hours", "7 days", "30 days"]) {
    const button = shares.getByRole("button", { name: period });
    await button.click();
    await expect(button).toHaveAttribute("aria-pressed", "true");
    const sum = async (): Promise<number> => {
      const figures = [...(await shares.innerText()).matchAll(/([\d.]+) %/g)].map(([, figure]) => Number(figure));
      return figures.length === 3 ? Math.round(figures.reduce((all, one) => all + one) * 100) : 0;
    };
    await expect.poll(sum).toBe(10_000);
  }
  await expect(shares).toContainText("unknown: the server was blind");
  // What was not takes no room in the bar.
  await expect.poll(() => shares.locator(".divided__part--unknown").evaluate((part) => part.clientWidth)).toBe(0);
});

test("the keyboard goes into the panel that opens, and back to its row", async ({ page, server, agents }) => {
  await signIn(page, server);
  await page.goto(`${server.url}/agents`);
  await agents.start("lahti");
  const link = row(page, "lahti").getByRole("link");
  await expect(row(page, "lahti")).toContainText("Online");
  await link.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("complementary", { name: "lahti" })).toBeFocused();
  await expect(page).toHaveTitle(/lahti · Rollcall$/);
  await page.keyboard.press("Escape");
  await expect(link).toBeFocused();
  await expect(page).toHaveTitle(/Agents · Rollcall$/);
});

test("where there is no room beside the table, the panel covers it, and on a phone takes its place", async ({ page, server, agents }) => {
  await signIn(page, server);
  await page.goto(`${server.url}/agents`);
  await agents.start("visby");
  await expect(row(page, "visby")).toContainText("Online");
  await open(page, "visby");
  const table = page.getByRole("region", { name: "All agents" });
  for (const [width, left, isBeside] of [[1280, 880, true], [900, 500, true], [390, 0, false]] as const) {
    await page.setViewportSize({ width, height: 800 });
    await expect(table).toBeVisible({ visible: isBeside });
    const panel = await page.getByRole("complementary", { name: "visby" }).boundingBox();
    const main = await page.getByRole("main").boundingBox();
    expect(panel, `${width} wide`).toEqual({ x: left, y: main?.y, width: width - left, height: main?.height });
  }
});
