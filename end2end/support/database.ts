/** The server's SQLite file, as somebody edits it who should not. Only while the server is stopped. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import type { Server } from "./server.js";

/** Python has SQLite with it; Node has it from 22 on. */
const PROGRAM = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2], sys.argv[3:]); c.commit()";

/** Runs one statement. */
export async function change(server: Server, sql: string, ...values: string[]): Promise<void> {
  await promisify(execFile)("python3", ["-c", PROGRAM, join(server.home, "data", "rollcall.db"), sql, ...values]);
}
