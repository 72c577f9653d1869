/** A real agent process with a state folder of its own. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { promisify } from "node:util";

import { program, type Server } from "./server.js";

const run = promisify(execFile);

export class Agent {
  log = "";
  private process: ChildProcess | undefined;

  private constructor(
    readonly name: string,
    private readonly state: string,
    private readonly within: string[] = [],
  ) {}

  private static of(server: Server, name: string, within: string[] = []): Agent {
    return new Agent(name, join(server.home, "agents", name), within);
  }

  /** By a line that the server printed or the console shows, with a name and a folder besides. It enrols and runs. */
  static byLine(server: Server, name: string, line: string): Agent {
    const agent = Agent.of(server, name);
    const [path, ...words] = line.split(/\s+/).map((word) => word.replace(/^'(.*)'$/, "$1"));
    if (!path) throw new Error(`no command in: ${line}`);
    // A line that names no folder leaves it to the shell to find the program.
    agent.spawn(path.includes("/") ? path : program(path), [...words, "--state", agent.state, "--name", name]);
    return agent;
  }

  /** Enrols it without starting it. `url` may be a proxy's; `within` are words in front of every command of it. */
  static async enrol(server: Server, name: string, url = server.url, within: string[] = []): Promise<Agent> {
    const agent = Agent.of(server, name, within);
    const words = ["enroll", "--server", url, "--token", server.token, "--state", agent.state, "--name", name];
    // A network of the test's own is no loopback, and nobody listens there.
    if (within.length > 0) words.push("--allow-plain-http");
    const [path = "", ...rest] = [...within, program("rollcall-agent"), ...words];
    await run(path, rest, { env: agent.environment() });
    return agent;
  }

  /** `words` are further options of `run`. */
  start(words: string[] = []): void {
    const [path = "", ...rest] = [...this.within, program("rollcall-agent"), "run", "--state", this.state, ...words];
    this.spawn(path, rest);
  }

  private environment(): NodeJS.ProcessEnv {
    return this.within.length > 0 ? { ...process.env, ROLLCALL_ALLOW_PLAIN_HTTP: "1" } : process.env;
  }

  /** As a power cut would: it says nothing to anybody. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  /** As its service manager would: it says goodbye. */
  async stop(): Promise<void> {
    await this.end("SIGTERM");
  }

  private spawn(path: string, words: string[]): void {
    const child = spawn(path, words, { stdio: ["ignore", "pipe", "pipe"], env: this.environment() });
    child.stdout?.on("data", (text) => (this.log += text));
    child.stderr?.on("data", (text) => (this.log += text));
    child.on("error", (error) => (this.log += `${error}`));
    this.process = child;
  }

  private async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = this.process;
    if (!child) return;
    if (child.exitCode === null && child.signalCode === null) {
      const exit = once(child, "exit");
      child.kill(signal);
      // Longer than its goodbye may take.
      const guard = setTimeout(() => {
        this.log += "\nend2end: it did not end within 10 s and was killed\n";
        child.kill("SIGKILL");
      }, 10_000);
      await exit;
      clearTimeout(guard);
    }
    // Only now is it gone. Whoever asks in the meantime waits for the same exit.
    if (this.process === child) this.process = undefined;
    if (signal === "SIGTERM" && child.signalCode) {
      throw new Error(`agent ${this.name} was ended by ${child.signalCode}, not by itself:\n${this.log}`);
    }
    if (this.log.includes("panicked")) throw new Error(`agent ${this.name} panicked:\n${this.log}`);
  }
}
