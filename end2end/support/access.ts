/** Everybody can use a page: what axe finds, and what the keyboard alone reaches. */
import AxeBuilder from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";

import { expect, paint } from "./rollcall.js";

/** Audits the page as it stands, in both themes. */
export async function audit(page: Page, what: string): Promise<void> {
  for (const theme of ["dark", "light"] as const) {
    await paint(page, theme);
    const { violations } = await new AxeBuilder({ page }).analyze();
    const found = violations.map(({ id, help, nodes }) => ({ id, help, at: nodes.map((node) => node.html) }));
    expect.soft(found, `${what}, ${theme}`).toEqual([]);
  }
}

/** Tab until something has the keyboard, as a person would. */
export async function tabTo(page: Page, what: Locator): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    if (await what.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error("the keyboard does not get there");
}
