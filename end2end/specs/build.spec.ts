/** The server was updated under an open console: the console reloads itself before it reads what it cannot. */
import { expect, mark, marked, signIn, standing, test } from "../support/rollcall.js";

test.use({ serverGoesAway: true });

/** `Hello` of another build: variant 0, then a string of the same length with other digits (`shared::feed`). */
function ofAnotherBuild(hello: Buffer): Buffer {
  expect(hello[0], "the first message is Hello").toBe(0);
  const build = hello.subarray(2).toString("latin1");
  const other = build.replace(/./g, (digit) => (digit === "0" ? "1" : "0"));
  return Buffer.concat([hello.subarray(0, 2), Buffer.from(other, "latin1")]);
}

test("a console of another build reloads itself, once", async ({ page, server }) => {
  let updated = false;
  let hellos = 0;
  await page.routeWebSocket(/\/api\/v1\/feed/, (console) => {
    const backend = console.connectToServer();
    let first = true;
    backend.onMessage((message) => {
      if (first) hellos += 1;
      console.send(first && updated ? ofAnotherBuild(message as Buffer) : message);
      if (first) updated = false;
      first = false;
    });
  });
  await signIn(page, server);
  await page.goto(`${server.url}/agents`);
  await expect.poll(() => hellos).toBe(1);
  await expect(page.getByRole("heading", { name: "Agents", exact: true })).toBeVisible();
  await mark(page);

  // The server goes and comes back as another build.
  updated = true;
  await server.kill();
  await server.start();
  await expect.poll(() => marked(page).catch(() => true), { timeout: 30_000 }).toBe(false);

  // It is the right build now, so it stays.
  await expect.poll(() => hellos).toBe(3);
  await expect(standing(page)).toContainText(/^Live/);
  await mark(page);
  await page.waitForTimeout(2_000);
  expect(await marked(page), "no second reload").toBe(true);
});

test("the page is compiled and started by the browser from the built bundle", async ({ page, server }) => {
  const answers = new Map<string, string>();
  page.on("response", (response) => {
    answers.set(new URL(response.url()).pathname, `${response.status()} ${response.headers()["content-encoding"] ?? "-"}`);
  });
  await signIn(page, server);
  await page.goto(`${server.url}/agents`);
  await expect(page.getByRole("heading", { name: "Agents", exact: true })).toBeVisible();
  const wasm = [...answers].find(([path]) => path.endsWith("_bg.wasm"));
  expect(wasm?.[1], "the wasm file, compressed").toBe("200 br");
});
