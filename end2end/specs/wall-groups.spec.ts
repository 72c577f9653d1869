/** The wall grouped by gateway and by network: the address says which, and who joins the unreachable network changes places. */
import { audit } from "../support/access.js";
import { expect, signIn, standing, test } from "../support/rollcall.js";
import { changeSettings } from "../support/settings.js";

test("cells are grouped by gateway and by network, as the address says", async ({ page, server, agents }) => {
  await signIn(page, server);
  for (const name of ["lyon", "porto"]) await agents.start(name);
  await page.goto(`${server.url}/wall`);
  await expect(page.getByText("All", { exact: true })).toBeVisible();
  const choice = page.getByRole("navigation", { name: "Grouped by" });
  await expect(choice.getByRole("link", { name: "domain" })).toHaveAttribute("aria-current", "page");
  await choice.getByRole("link", { name: "gateway" }).click();
  await expect(page).toHaveURL(`${server.url}/wall?group=gateway`);
  await expect(standing(page)).toContainText("Live");
  await expect(page.getByText("Direct", { exact: true })).toBeVisible();
  await audit(page, "the wall by gateway");

  await changeSettings(page, server, { unreachable_network: ["127.0.0.0/8"] });
  await expect(page.getByText("127.0.0.1", { exact: true })).toBeVisible();
  await expect(page.getByText("Direct", { exact: true })).toBeHidden();
  await page.reload();
  await expect(page.getByText("127.0.0.1", { exact: true })).toBeVisible();

  await choice.getByRole("link", { name: "network" }).click();
  await expect(page).toHaveURL(`${server.url}/wall?group=network`);
  await expect(page.getByText("127.0.0.0/24", { exact: true })).toBeVisible();
});

test("a grouping that there is not is refused, and the wall shows the usual one", async ({ page, server, agents }) => {
  await signIn(page, server);
  await agents.start("lyon");
  const answer = await page.request.get(`${server.url}/api/v1/feed?show=wall&group=colour`);
  expect(answer.status()).toBe(422);
  expect(await answer.text()).toContain("group");
  await page.goto(`${server.url}/wall?group=colour`);
  await expect(page.getByText("All", { exact: true })).toBeVisible();
});
