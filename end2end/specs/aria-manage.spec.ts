/** The same as in aria.spec.ts, of the pages by which admins manage. */
import type { Page } from "@playwright/test";

import { expect, signIn, standing, test } from "../support/rollcall.js";
import { two } from "../support/two.js";

const main = (page: Page) => page.getByRole("main");

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
        - heading "Displays" [level=3]
        - button "Put up a display"
        - alert
        - paragraph: /^No screen shows this domain by itself\\./
        - list "Displays"
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
