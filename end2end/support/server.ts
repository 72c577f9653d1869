/**
 * The real server, in a folder of its own, on a port that the system gives.
 *
 * It prints nothing that tests read: it announces itself in a file, once its listeners are bound.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { until } from "./until.js";

/** Where cargo put the programs. */
export const programs = resolve(process.env.ROLLCALL_BIN_DIR ?? join(import.meta.dirname, "../../target/debug"));

/** A program that cargo built. */
export function program(name: string): string {
  const path = join(programs, name);
  if (!existsSync(path)) throw new Error(`${path} is not there: build it with \`make test STEPS=build\``);
  return path;
}

/** How long a minute of the settings lasts here. The settings themselves stay whole minutes. */
export const MINUTE_MS = 500;
/** Settings of version 1, in minutes. */
export const HEARTBEAT_EVERY = 2;
export const OFFLINE_AFTER = 6;
/** The lease of an agent that sends heartbeats (rule 3). */
export const LEASE_MS = OFFLINE_AFTER * MINUTE_MS;

/** What the server writes with `--announce`. */
export interface Announcement {
  url: string;
  /** The link that creates the first admin, while there is none. */
  setup_url: string | null;
  enroll_command: string;
}

export class Server {
  /** Everything that it printed, for a failing test. */
  log = "";
  announcement!: Announcement;
  private process: ChildProcess | undefined;
  private port = 0;

  /** `host` is where it listens, `flags` come after all others, `within` are words in front of the command. */
  private constructor(
    readonly home: string,
    private readonly host: string,
    private readonly flags: string[],
    private readonly within: string[],
  ) {}

  static async start(host = "127.0.0.1", flags: string[] = [], within: string[] = []): Promise<Server> {
    const server = new Server(await mkdtemp(join(tmpdir(), "rollcall-e2e-")), host, flags, within);
    try {
      await server.start();
    } catch (error) {
      await rm(server.home, { recursive: true, force: true });
      throw error;
    }
    return server;
  }

  get url(): string {
    return this.announcement.url.replace(/\/$/, "");
  }

  /** The token in the line that enrols an agent. */
  get token(): string {
    const token = /--token\s+'?([^\s']+)/.exec(this.announcement.enroll_command)?.[1];
    if (!token) throw new Error(`no token in: ${this.announcement.enroll_command}`);
    return token;
  }

  /** Starts it; again after a stop, with the same data on the same port. One that does not come up is killed. */
  async start(): Promise<void> {
    const announce = join(this.home, "announce.json");
    await rm(announce, { force: true });
    const [path = "", ...words] = [...this.within, program("rollcall-server")];
    const child = spawn(
      path,
      [
        ...words,
        ...["--listen", `${this.host}:${this.port}`],
        ...["--data", join(this.home, "data")],
        ...["--announce", announce],
        ...["--minute", `${MINUTE_MS}ms`],
        ...["--heartbeat-every", `${HEARTBEAT_EVERY}`],
        ...["--offline-after", `${OFFLINE_AFTER}`],
        ...["--poll-every", "6"],
        ...this.flags,
      ],
      { cwd: this.home, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, NO_COLOR: "1" } },
    );
    child.stdout?.on("data", (text) => (this.log += text));
    child.stderr?.on("data", (text) => (this.log += text));
    child.on("error", (error) => (this.log += `${error}`));
    this.process = child;
    try {
      await until("the server announces itself", () => {
        if (ended(child)) throw new Error(`the server ended with ${child.exitCode ?? child.signalCode}`);
        return existsSync(announce);
      });
      this.announcement = JSON.parse(await readFile(announce, "utf8")) as Announcement;
      this.port = Number(new URL(this.announcement.url).port);
    } catch (error) {
      await this.kill();
      throw new Error(`the server did not start:\n${this.log}`, { cause: error });
    }
  }

  signal(name: "SIGSTOP" | "SIGCONT"): void {
    this.process?.kill(name);
  }

  /** As a crash would. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  /** As its service manager would. It must end by itself, cleanly. */
  async stop(): Promise<void> {
    const code = await this.end("SIGTERM");
    if (code !== null && code !== 0) throw new Error(`the server ended with ${code}:\n${this.log}`);
    if (this.log.includes("panicked")) throw new Error(`the server panicked:\n${this.log}`);
  }

  /** Stops it and removes its folder. */
  async dispose(): Promise<void> {
    try {
      await this.stop();
    } finally {
      await rm(this.home, { recursive: true, force: true });
    }
  }

  private async end(signal: "SIGTERM" | "SIGKILL"): Promise<number | null> {
    const child = this.process;
    if (!child) return null;
    if (ended(child)) {
      this.process = undefined;
      if (signal === "SIGTERM" && child.signalCode) throw this.endedBy(child.signalCode);
      return child.exitCode;
    }
    const exit = once(child, "exit");
    child.kill("SIGCONT");
    child.kill(signal);
    // Longer than it may take for its last requests and the database.
    const guard = setTimeout(() => {
      this.log += "\nend2end: it did not end within 15 s and was killed\n";
      child.kill("SIGKILL");
    }, 15_000);
    const [code, killed] = (await exit) as [number | null, NodeJS.Signals | null];
    clearTimeout(guard);
    // Only now is it gone. Whoever asks in the meantime waits for the same exit.
    if (this.process === child) this.process = undefined;
    if (signal === "SIGTERM" && killed) throw this.endedBy(killed);
    return code;
  }

  private endedBy(signal: NodeJS.Signals): Error {
    return new Error(`the server was ended by ${signal}, not by itself:\n${this.log}`);
  }
}

/** By itself, or by a signal: then there is no exit code. */
function ended(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
