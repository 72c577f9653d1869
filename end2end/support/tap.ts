/**
 * A wire-tap between an agent and the server: notes when the agent sent its last call, and passes bytes on.
 *
 * It knows nothing of the server, so it can be held against what the server says.
 */
import { createServer, connect, type AddressInfo, type Server as Listener, type Socket } from "node:net";

import { until } from "./until.js";

/** Time as both observers tell it: milliseconds since 1970, with fractions. */
export const now = (): number => performance.timeOrigin + performance.now();

export class Tap {
  /** When the agent last sent a call, by {@link now}. */
  lastCall = 0;
  calls = 0;
  /** Whether the last call was answered. */
  private answered = true;
  private isCut = false;
  private readonly open = new Set<Socket>();

  private constructor(private readonly listener: Listener) {}

  static async before(url: string): Promise<Tap> {
    const { hostname, port } = new URL(url);
    const listener = createServer();
    const tap = new Tap(listener);
    listener.on("connection", (agent) => {
      const server = connect(Number(port), hostname);
      for (const socket of [agent, server]) {
        socket.setNoDelay(true);
        tap.open.add(socket);
        socket.on("error", () => socket.destroy());
        socket.on("close", () => {
          tap.open.delete(socket);
          agent.destroy();
          server.destroy();
        });
      }
      agent.on("data", (bytes) => {
        if (tap.isCut) return;
        // Noted before it is passed on: the server cannot have had it earlier.
        if (bytes.includes("POST /api/agent/v1/")) {
          tap.lastCall = now();
          tap.calls += 1;
          tap.answered = false;
        }
        server.write(bytes);
      });
      server.on("data", (bytes) => {
        tap.answered = true;
        agent.write(bytes);
      });
    });
    await new Promise<void>((listening) => listener.listen(0, "127.0.0.1", listening));
    return tap;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.listener.address() as AddressInfo).port}`;
  }

  /**
   * Passes nothing of the agent on from here; what was passed on before is answered when this is over. Else a process
   * that is killed with its connection could have been noted here, and not be heard by the server any more.
   */
  async cut(): Promise<void> {
    this.isCut = true;
    await until("the last call that was passed on is answered", () => this.answered);
  }

  async close(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    await new Promise((closed) => this.listener.close(closed));
  }
}
