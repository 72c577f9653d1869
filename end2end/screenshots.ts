/**
 * `make screenshots`: every page of a server with some life in it, at three widths, dark and light, into results/shots,
 * and from there into docs/screenshots.
 * For eyes and for the README; nothing is compared.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import type { Page } from "@playwright/test";

import { makeDomain, putInto, shown } from "./support/domains.js";
import { banner, events, expect, paint, row, signIn, test } from "./support/rollcall.js";
import { program } from "./support/server.js";
import { changeSettings } from "./support/settings.js";

test.use({ serverGoesAway: true });

const WIDTHS = [
  [390, 844],
  [1280, 800],
  [3840, 2160],
] as const;

const NAMES = ["athens-frontdesk", "bergen-warehouse-1", "cork-meeting-room", "dresden-line-3", "espoo-lab-gateway", "faro-kiosk"];

/** Takes a picture of the page as it is, at every width and in both themes; `settle` sees to what a theme is not enough for. */
async function shootAs(page: Page, name: string, settle?: () => Promise<void>): Promise<void> {
  for (const [width, height] of WIDTHS) {
    await page.setViewportSize({ width, height });
    for (const theme of ["dark", "light"] as const) {
      await paint(page, theme);
      await settle?.();
      await page.screenshot({ path: `results/shots/${name}-${width}-${theme}.png`, animations: "disabled" });
    }
  }
}

test("the wall", async ({ page, server }) => {
  test.setTimeout(180_000);
  await signIn(page, server);
  const headers = { origin: server.url };
  const fleets: Promise<unknown>[] = [];
  for (const [name, count] of [["Berlin", 900], ["Cork", 150], ["Lagos", 1_400], ["Oslo", 400], ["Porto", 40]] as const) {
    const domain = await makeDomain(page, server, name);
    const made = await page.request.post(`${server.url}/api/v1/tokens`, { headers, data: { uses: count, hours: 1, domain } });
    const { secret } = (await made.json()) as { secret: string };
    const flags = [
      "--server", server.url, "--identities", join(server.home, name), "--token", secret, "--agents", String(count),
      "--connections", "16", "--scenario", "flap", "--share", "7", "--for", "90s", "--json",
    ];
    fleets.push(promisify(execFile)(program("rollcall-fleet"), flags));
  }
  await page.goto(`${server.url}/wall`);
  await expect(page.getByRole("list", { name: "Latest transitions" })).toContainText("Offline", { timeout: 60_000 });
  await page.waitForTimeout(8_000); // For some to be away.
  // A canvas is drawn in the theme that was chosen, not in the one that a test puts on the page.
  const settle = async (): Promise<void> => {
    await page.reload();
    await expect(page.getByText("Lagos", { exact: true })).toBeVisible();
  };
  await shootAs(page, "wall", settle);
  await page.goto(`${server.url}/wall?kiosk`);
  await expect(page.getByText("Lagos", { exact: true })).toBeVisible();
  await shootAs(page, "wall-kiosk", settle);
  await Promise.allSettled(fleets);
});

test("screenshots", async ({ page, server, agents }) => {
  test.setTimeout(180_000);
  const shoot = (name: string): Promise<void> => shootAs(page, name);

  await page.goto(server.announcement.setup_url ?? "");
  await expect(page.getByRole("button", { name: /^Create/ })).toBeVisible();
  await shoot("setup");

  await signIn(page, server);
  await page.goto(`${server.url}/agents`);
  await expect(page.getByRole("heading", { name: "Agents", exact: true })).toBeVisible();
  await shoot("agents-empty");

  const running = [];
  for (const name of NAMES) running.push(await agents.start(name));
  for (const name of NAMES) await expect(row(page, name)).toContainText("Online");
  await running[2]?.stop();
  await running[5]?.kill();
  await expect(row(page, NAMES[2] ?? "")).toContainText("Offline");
  await expect(row(page, NAMES[5] ?? "")).toContainText("Offline");
  await shoot("agents");

  const oslo = await makeDomain(page, server, "Oslo");
  const hall = await makeDomain(page, server, "Hall 4", oslo);
  const lagos = await makeDomain(page, server, "Lagos");
  for (const [name, domain] of [["athens-frontdesk", oslo], ["bergen-warehouse-1", hall], ["cork-meeting-room", lagos]] as const) {
    await putInto(page, server, name, domain);
  }
  await page.goto(`${server.url}/agents?domain=${oslo}`);
  await expect(shown(page)).toHaveCount(2);
  await page.keyboard.press("ControlOrMeta+a");
  await shoot("agents-ticked");
  await page.getByRole("button", { name: "Move to domain…" }).click();
  await shoot("agents-move");
  await page.goto(`${server.url}/agents`);

  await row(page, "athens-frontdesk").getByRole("link").click();
  await expect(page.getByRole("heading", { name: "athens-frontdesk" })).toBeVisible();
  await shoot("agent");
  await page.getByRole("link", { name: /^History/ }).click();
  await expect(page.getByRole("img", { name: /^online/ })).toBeVisible();
  await shoot("history");
  await page.getByRole("button", { name: "7 days" }).click();
  await expect(page.getByRole("img", { name: /online/ }).last()).toBeVisible();
  await shoot("history-week");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("se");
  await shoot("palette");
  await page.keyboard.press("Escape");
  await page.goBack();
  await page.goto(`${server.url}/agents`);
  await page.getByRole("button", { name: "Columns and file" }).click();
  await shoot("agents-columns");
  await page.keyboard.press("Escape");
  await row(page, "athens-frontdesk").getByRole("link").click();
  await expect(page.getByRole("heading", { name: "athens-frontdesk" })).toBeVisible();

  await changeSettings(page, server, { unreachable_network: ["127.0.0.0/8"] });
  await expect(row(page, "athens-frontdesk")).toContainText("Unreachable / Online");
  await page.getByRole("button", { name: "Verify now" }).click();
  await expect(page.getByText("proved itself")).toBeVisible();
  await shoot("agent-unreachable");

  await page.goto(`${server.url}/events`);
  await expect(events(page, "faro-kiosk").first()).toBeVisible();
  await shoot("events");

  const headers = { origin: server.url };
  const post = async (path: string, data: object): Promise<{ id: number }> => {
    const made = await page.request.post(`${server.url}/api/v1/${path}`, { headers, data });
    expect(made.ok(), await made.text()).toBe(true);
    return (await made.json()) as { id: number };
  };
  const europe = await post("domains", { name: "Europe", parent: 1 });
  const berlin = await post("domains", { name: "Berlin", parent: europe.id });
  for (const name of ["Cork", "Faro", "Athens"]) await post("domains", { name, parent: europe.id });
  for (const name of ["Branch 12", "Branch 9"]) await post("domains", { name, parent: berlin.id });
  await post("domains", { name: "Africa", parent: 1 });
  const { items } = (await (await page.request.get(`${server.url}/api/v1/agents`)).json()) as { items: { id: string }[] };
  await post("agents/move", { agents: items.slice(0, 4).map(({ id }) => id), domain: berlin.id });
  await post("tokens", { uses: 50, hours: 24, domain: berlin.id });
  await post("tokens", { uses: 400, hours: 72, domain: europe.id });
  await page.goto(`${server.url}/domains?domain=${europe.id}`);
  await expect(page.getByText("50 of 50 left")).toBeVisible();
  await shoot("domains");
  await page.getByRole("button", { name: "Move", exact: true }).click();
  await expect(page.getByRole("dialog").getByRole("radio").first()).toBeVisible();
  await shoot("domains-move");
  await page.goto(`${server.url}/domains?domain=${berlin.id}`);
  await page.getByRole("button", { name: "Make a token" }).click();
  await expect(page.getByRole("dialog").getByLabel("Into which domain")).toBeVisible();
  await shoot("domains-token");

  await page.goto(`${server.url}/settings`);
  await expect(page.getByRole("list", { name: "History" }).getByRole("listitem").first()).toBeVisible();
  await shoot("settings");
  const bytes = Buffer.alloc(5_000_000, "signatures");
  const put = await page.request.put(`${server.url}/api/v1/components/antivirus/versions/2.1.0`, {
    headers: { ...headers, "content-type": "application/octet-stream" },
    data: bytes,
  });
  expect(put.ok(), await put.text()).toBe(true);
  await page.goto(`${server.url}/settings/components`);
  await expect(page.getByRole("table", { name: "Components" })).toContainText("antivirus");
  await shoot("components");
  await page.goto(`${server.url}/settings/server`);
  await expect(page.getByTestId("picture")).toBeVisible();
  await shoot("server");

  await page.goto(`${server.url}/nowhere`);
  await expect(page.getByRole("heading").first()).toBeVisible();
  await shoot("nowhere");

  await page.goto(`${server.url}/agents`);
  await expect(row(page, "athens-frontdesk")).toContainText("Online");
  server.signal("SIGSTOP");
  await expect(banner(page)).toBeVisible();
  await shoot("agents-stale");
  server.signal("SIGCONT");

  await page.context().clearCookies();
  await page.goto(`${server.url}/sign-in`);
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
  await shoot("sign-in");
});
