/** Many agents at once: simulated ones, with real credentials, that speak to the server as real ones do. */
import { execFile, type PromiseWithChild } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import { ADMIN } from "./rollcall.js";
import { program, type Server } from "./server.js";

/** Has so many beat for so many seconds, or until its process is killed; the same each time. They are enrolled first, and end
 * without a word. */
export function fleet(server: Server, agents: number, seconds: number): PromiseWithChild<unknown> {
  const flags = [
    "--server", server.url, "--identities", join(server.home, "identities"), "--user", ADMIN.name,
    "--agents", String(agents), "--connections", "32", "--scenario", "steady", "--for", `${seconds}s`, "--json",
  ];
  return promisify(execFile)(program("rollcall-fleet"), flags, {
    env: { ...process.env, ROLLCALL_FLEET_PASSWORD: ADMIN.password },
  });
}
