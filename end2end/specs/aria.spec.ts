/**
 * What each page is to somebody who does not see it: its landmarks, headings, controls and what they say, as Chromium tells
 * them to a screen reader. What varies (ages, times, ids) is a pattern; what stands beside what is named may be more.
 */
import type { Page } from "@playwright/test";

import { makeDomain, putInto } from "../support/domains.js";
import { events, expect, row, signIn, standing, test } from "../support/rollcall.js";
import type { Agent } from "../support/agent.js";
import type { Server } from "../support/server.js";

interface Two {
  page: Page;
  server: Server;
  agents: { start(name: string): Promise<Agent> };
}

const main = (page: Page) => page.getByRole("main");

/** Two agents: lyon is online and in Oslo, porto said goodbye. Answers the domain's number. */
async function two({ page, server, agents }: Two): Promise<number> {
  await signIn(page, server);
  const oslo = await makeDomain(page, server, "Oslo");
  await page.goto(`${server.url}/agents`);
  await agents.start("lyon");
  await expect(row(page, "lyon")).toContainText("Online");
  const porto = await agents.start("porto");
  await expect(row(page, "porto")).toContainText("Online");
  await porto.stop();
  await expect(row(page, "porto")).toContainText("Offline");
  await putInto(page, server, "lyon", oslo);
  return oslo;
}

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

test("domains and enrolment", async ({ page, server, agents }) => {
  const oslo = await two({ page, server, agents });
  await page.goto(`${server.url}/domains?domain=${oslo}`);
  await expect(main(page)).toMatchAriaSnapshot(`
    - main:
      - region "Domains":
        - heading "Domains" [level=2]
        - paragraph: "2"
        - searchbox "Find a domain by its name"
        - treegrid "Domains":
          - rowgroup:
            - row "Name Agents Online Offline Tokens":
              - columnheader "Name"
              - columnheader "Agents"
              - columnheader "Online"
              - columnheader "Offline"
              - columnheader "Tokens"
          - rowgroup:
            - row "All 2 1 1 1" [expanded] [level=1]:
              - rowheader "All"
            - row "Oslo 1 1 0 –" [level=2] [selected]:
              - rowheader "Oslo"
              - gridcell "1"
              - gridcell "1"
              - gridcell "0"
              - gridcell "–"
      - region "Oslo":
        - heading "Oslo" [level=2]
        - paragraph: in All
        - paragraph:
          - button "New domain in it"
          - button "Rename"
          - button "Move"
          - button "Delete"
        - heading "Agents in it and below" [level=3]
        - link "Show them":
          - /url: /agents?domain=2
        - list "Agents in it and below":
          - listitem:
            - text: Online
            - strong: "1"
        - heading "Enrolment tokens" [level=3]
        - button "Make a token"
        - alert
        - paragraph: "No token lets machines in here. Make one: it gives a line to run on each machine."
        - list "Enrolment tokens"
  `);
});

test("the settings of the unreachable network", async ({ page, server }) => {
  await signIn(page, server);
  await page.goto(`${server.url}/settings/unreachable-network`);
  await expect(standing(page)).toContainText("Live");
  await expect(main(page)).toMatchAriaSnapshot(`
    - main:
      - navigation "Settings":
        - heading "Global agent settings" [level=2]
        - list:
          - listitem:
            - link "Unreachable network"
        - heading "Delivery" [level=2]
        - list:
          - listitem:
            - link "Components"
        - heading "Fleet" [level=2]
        - list:
          - listitem:
            - link "Domains and enrolment"
        - heading "Server" [level=2]
        - list:
          - listitem:
            - link "Status"
      - region "Unreachable network":
        - heading "Unreachable network" [level=2]
        - region "Networks":
          - heading "Networks" [level=3]
          - paragraph: 0 ranges
          - textbox "Add ranges"
          - button "Add"
        - region "Server polling":
          - heading "Server polling" [level=3]
          - paragraph:
            - text: Agents poll the server for updated components and settings every
            - textbox "Agents poll the server for updated components and settings every minutes": "6"
            - text: minutes
        - region "Heartbeat":
          - heading "Heartbeat" [level=3]
          - switch "Allow agents to send heartbeat to the server" [checked]
          - group "Who sends heartbeat":
            - radio "All agents" [checked]
            - radio "Only agents in the unreachable network"
          - paragraph:
            - text: Agents send heartbeat every
            - textbox "Agents send heartbeat every minutes": "2"
            - text: minutes
          - paragraph:
            - text: An agent is offline if there is no heartbeat after
            - textbox "An agent is offline if there is no heartbeat after minutes": "6"
            - text: minutes
        - region "Loopback mode":
          - heading "Loopback mode" [level=3]
          - group "Who sends loopback packets":
            - radio "Off" [checked]
            - radio "Only agents in the unreachable network"
            - radio "All agents"
        - button "Save" [disabled]
        - button "Discard" [disabled]
      - complementary:
        - region "Roll-out of version 1":
          - heading "Roll-out of version 1" [level=2]
          - paragraph: No agent has to be told.
        - region "History":
          - heading "History" [level=2]
          - list "History":
            - listitem:
              - button /^Version 1 in force the server's flags, \\d\\d:\\d\\d:\\d\\d$/
  `);
});
