/**
 * What each page is to somebody who does not see it: its landmarks, headings, controls and what they say, as Chromium tells
 * them to a screen reader. What varies (ages, times, ids) is a pattern; what stands beside what is named may be more.
 */
import type { Page } from "@playwright/test";

import { events, expect, row, signIn, test } from "../support/rollcall.js";
import { two } from "../support/two.js";

const main = (page: Page) => page.getByRole("main");

test("the first admin's page", async ({ page, server }) => {
  await page.goto(server.announcement.setup_url ?? "");
  await expect(main(page)).toMatchAriaSnapshot(`
    - main:
      - heading "Create the first admin" [level=1]
      - paragraph: This account may do everything, also make the other accounts. The link that brought you here ends with it.
      - text: Name
      - textbox "Name"
      - text: Password
      - textbox "Password"
      - paragraph: 15 characters or more. A few words in a row are easier to keep than signs.
      - button "Create and sign in"
  `);
});

test("signing in", async ({ page, server }) => {
  await signIn(page, server);
  await page.context().clearCookies();
  await page.goto(`${server.url}/sign-in`);
  await expect(main(page)).toMatchAriaSnapshot(`
    - main:
      - heading "Sign in" [level=1]
      - textbox "Name"
      - textbox "Password"
      - button "Sign in"
  `);
});

test("agents, in the frame that every page has", async ({ page, server, agents }) => {
  await two({ page, server, agents });
  await expect(page.locator("body")).toMatchAriaSnapshot(`
    - link "Skip to the content":
      - /url: "#main"
    - navigation "Rooms":
      - list:
        - listitem:
          - link "Wall"
        - listitem:
          - link "Agents"
        - listitem:
          - link "Events"
        - listitem:
          - link "Domains and enrolment"
        - listitem:
          - link "Settings"
      - button "You and this screen"
    - banner:
      - heading "Agents" [level=1]
      - button "Find"
      - paragraph:
        - status: Live
        - text: /\\d+\\.\\d s behind/
    - main
  `);
  await expect(main(page)).toMatchAriaSnapshot(`
    - main:
      - region "All agents":
        - group "Filter by status":
          - button "Online 1"
          - button "Unreachable / Online 0"
          - button "Offline 1"
          - button "Unreachable / Offline 0"
          - button "Pending 0"
          - button "Inactive 0"
          - button "Retired 0"
        - navigation "Domains":
          - tree "Domains":
            - treeitem "All 1/2" [expanded] [level=1] [selected]
            - treeitem "Oslo 1" [level=2]
          - link "Manage domains"
        - button "All domains" [expanded]
        - searchbox "Find agents by name or address"
        - paragraph: 2 agents
        - button "Add an agent"
        - table "Agents":
          - rowgroup:
            - row:
              - columnheader "All that are shown":
                - checkbox "All that are shown"
              - columnheader "Agent":
                - button "Agent"
              - columnheader "Status":
                - button "Status"
              - columnheader "Since":
                - button "Since"
              - columnheader "Last contact":
                - button "Last contact"
          - rowgroup:
            - row /lyon Online/:
              - cell "lyon":
                - checkbox "lyon"
              - cell "lyon":
                - link "lyon":
                  - /url: /\\/agents\\/[0-9a-z]{13}$/
              - cell "Online"
              - cell:
                - time: /^\\d+ s$/
              - cell:
                - time: /^\\d+ s$/
                - text: /· (heartbeat|poll|register)/
              - cell "127.0.0.1"
            - row /porto Offline/:
              - cell "porto":
                - checkbox "porto"
              - cell "porto":
                - link "porto"
              - cell "Offline"
              - cell:
                - time: /^\\d+ s$/
              - cell:
                - time: /^\\d+ s$/
                - text: · goodbye
              - cell "127.0.0.1"
  `);
});

test("one agent, and why it has its status", async ({ page, server, agents }) => {
  await two({ page, server, agents });
  await row(page, "lyon").getByRole("link").click();
  await expect(page.getByRole("complementary", { name: "lyon" })).toMatchAriaSnapshot(`
    - complementary "lyon":
      - link "Close":
        - /url: /agents
      - heading "lyon" [level=2]
      - button "Verify now"
      - region "Why it has this status":
        - paragraph: Online
        - paragraph: First registration.
        - paragraph:
          - text: Since
          - time: /^\\d\\d:\\d\\d:\\d\\d$/
          - text: ·
          - time: /^\\d+ s$/
        - paragraph:
          - time: /^Deadline in \\d+ s$/
          - text: · by its last contact
        - paragraph: "It sends heartbeats: any contact keeps it online for 3 s."
        - table "Last proof":
          - rowgroup:
            - row /^register \\d+ s ago$/:
              - rowheader "register"
              - cell /^\\d+ s ago$/
            - row /^heartbeat \\d+ s ago$/:
              - rowheader "heartbeat"
              - cell /^\\d+ s ago$/
        - term: Network
        - definition: "reachable: in no range"
        - term: Addresses
        - definition: 127.0.0.1
        - term: Settings
        - definition: "1"
        - heading "What would change it" [level=3]
        - list:
          - listitem: · Any contact puts the deadline off.
          - listitem: · No contact until the deadline makes it offline.
          - listitem: · Its goodbye makes it offline at once.
      - term: Domain
      - definition: Oslo
      - term: Last contact
      - definition:
        - time: /^\\d+ s$/
      - term: Id
      - definition: /^[0-9a-z]{13}$/
      - heading "Notifications" [level=3]
      - paragraph: There was nothing to tell it.
      - region "Availability":
        - heading "Availability" [level=3]
        - group "Period":
          - button "24 hours" [pressed]
          - button "7 days"
          - button "30 days"
        - term: online
        - definition: /%$/
        - term: offline
        - definition: /%$/
        - term: "unknown: the server was blind"
        - definition: /%$/
      - heading "Transitions" [level=3]
      - list "Its transitions":
        - listitem:
          - time: /^\\d\\d:\\d\\d:\\d\\d$/
          - text: Online · first registration
        - listitem:
          - time: /^\\d\\d:\\d\\d:\\d\\d$/
          - text: Pending · enrolled
      - button "Retire…"
  `);
});

test("events", async ({ page, server, agents }) => {
  await two({ page, server, agents });
  // In the history within a second.
  await expect(async () => {
    await page.goto(`${server.url}/events`);
    await expect(events(page, "porto").first()).toContainText("Offline", { timeout: 2_000 });
  }).toPass();
  await expect(main(page)).toMatchAriaSnapshot(`
    - main:
      - group "Filter by status":
        - button "Online"
        - button "Unreachable / Online"
        - button "Offline"
        - button "Unreachable / Offline"
        - button "Pending"
        - button "Inactive"
        - button "Retired"
      - list "Transitions":
        - listitem:
          - heading "Today" [level=2]
        - listitem:
          - time: /^\\d\\d:\\d\\d:\\d\\d$/
          - link "porto":
            - /url: /^\\/agents\\/[0-9a-z]{13}$/
          - text: Offline · stopped, and said so
        - listitem:
          - time: /^\\d\\d:\\d\\d:\\d\\d$/
          - link "porto"
          - text: Online · first registration
        - listitem:
          - time: /^\\d\\d:\\d\\d:\\d\\d$/
          - link "porto"
          - text: Pending · enrolled
        - listitem:
          - time: /^\\d\\d:\\d\\d:\\d\\d$/
          - link "lyon"
          - text: Online · first registration
        - listitem:
          - time: /^\\d\\d:\\d\\d:\\d\\d$/
          - link "lyon"
          - text: Pending · enrolled
      - paragraph:
        - button "Show older"
        - alert
  `);
});

test("the wall", async ({ page, server, agents }) => {
  await two({ page, server, agents });
  await page.goto(`${server.url}/wall`);
  await expect(main(page)).toMatchAriaSnapshot(`
    - main:
      - list "Agents by status":
        - listitem: Online 1
        - listitem: Unreachable / Online 0
        - listitem: Offline 1
        - listitem: Unreachable / Offline 0
        - listitem: Pending 0
        - listitem: Inactive 0
      - navigation "Grouped by":
        - list:
          - listitem:
            - link "domain"
          - listitem:
            - link "gateway"
          - listitem:
            - link "network"
      - application "Agents as cells": All Oslo
      - paragraph: Arrow keys go from cell to cell, Enter opens an agent, + and − zoom.
      - status
      - region "Latest transitions":
        - heading "Latest transitions" [level=2]
        - list "Latest transitions":
          - listitem:
            - time: /^\\d\\d:\\d\\d:\\d\\d$/
            - link "porto":
              - /url: /^\\/agents\\/[0-9a-z]{13}$/
            - text: Offline · stopped, and said so
          - listitem:
            - time: /^\\d\\d:\\d\\d:\\d\\d$/
            - link "porto"
            - text: Online · first registration
  `);
});
