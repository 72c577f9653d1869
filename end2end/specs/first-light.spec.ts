import { ADMIN, createFirstAdmin, events, expect, mark, marked, row, test } from "../support/rollcall.js";

test("from the one-time link to an agent that is killed and comes back", async ({ page, server, agents }) => {
  await test.step("the link creates the first admin, who is signed in", async () => {
    await createFirstAdmin(page, server);
    await expect(row(page, "atlas")).toHaveCount(0);
  });

  await mark(page);
  const atlas = agents.byPrintedLine("atlas");

  await test.step("its row appears by itself", async () => {
    await expect(row(page, "atlas")).toContainText("Online");
  });

  await test.step("killed, it flips by itself", async () => {
    await atlas.kill();
    await expect(row(page, "atlas")).toContainText("Offline");
  });

  await test.step("started again, it comes back", async () => {
    atlas.start();
    await expect(row(page, "atlas")).toContainText("Online");
  });

  await test.step("stopped, it says goodbye and is offline at once", async () => {
    await atlas.stop();
    await expect(row(page, "atlas")).toContainText("Offline");
    // By its goodbye, and not by its deadline.
    const latest = async (): Promise<string | undefined> => {
      const answer = await page.request.get(`${server.url}/api/v1/transitions?limit=1`);
      return ((await answer.json()) as { items: { cause: string }[] }).items[0]?.cause;
    };
    await expect.poll(latest).toBe("goodbye.stop");
  });

  expect(await marked(page), "all of it without a reload").toBe(true);

  await test.step("the events tell it all, the latest first", async () => {
    await page.getByRole("link", { name: "Events" }).click();
    await expect(page).toHaveURL(`${server.url}/events`);
    const became = async (): Promise<(string | undefined)[]> => {
      const lines = await events(page, "atlas").allInnerTexts();
      return lines.map((line) => /Online|Offline|Pending/.exec(line)?.[0]);
    };
    await expect.poll(async () => (await became()).slice(0, 4)).toEqual(["Offline", "Online", "Offline", "Online"]);
  });

  await test.step("one opens an agent and leaves it, and back and forward lead where one was", async () => {
    const opened = page.getByRole("heading", { name: "atlas" });
    await page.goBack();
    await expect(page).toHaveURL(`${server.url}/agents`);
    // Another document: it is there once the table is.
    await expect(row(page, "atlas")).toContainText("Offline");
    await mark(page);
    await row(page, "atlas").getByRole("link").click();
    await expect(page).toHaveURL(/\/agents\/[^/]+$/);
    await expect(opened).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(page).toHaveURL(`${server.url}/agents`);
    await expect(opened).toBeHidden();
    await row(page, "atlas").getByText("127.0.0.1").click();
    await expect(opened).toBeVisible();
    await page.goBack();
    await expect(page).toHaveURL(`${server.url}/agents`);
    await expect(opened).toBeHidden();
    await page.goForward();
    await expect(opened).toBeVisible();
    expect(await marked(page), "there and back without a reload").toBe(true);
  });
});

test("a wrong password is refused, the right one is not", async ({ page, server }) => {
  await createFirstAdmin(page, server);

  await page.getByRole("button", { name: "You and this screen" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/sign-in/);

  await page.getByLabel("Name").fill(ADMIN.name);
  await page.getByLabel("Password").fill("a wrong horse battery staple");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert").filter({ hasText: /\S/ })).toBeVisible();
  await expect(page).toHaveURL(/\/sign-in/);

  await page.getByLabel("Password").fill(ADMIN.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(`${server.url}/agents`);
});

test("without a session there is only the sign-in page", async ({ page, server }) => {
  await page.goto(`${server.url}/agents`);
  await expect(page).toHaveURL(/\/(sign-in|setup)/);
  const answer = await page.request.get(`${server.url}/api/v1/agents`);
  expect(answer.status()).toBe(401);
});

test("the link works once", async ({ page, server }) => {
  const link = server.announcement.setup_url ?? "";
  await createFirstAdmin(page, server);

  const token = new URL(link).hash.slice(1);
  const again = await page.request.post(`${server.url}/api/v1/setup`, {
    headers: { origin: server.url },
    data: { token, name: "mallory", password: "let me in, let me in, please" },
  });
  expect(again.status()).toBeGreaterThanOrEqual(400);
  expect(again.status()).toBeLessThan(500);
});
