/**
 * Real changes, at a rate: agents that are in the database say goodbye, and come back with a heartbeat.
 *
 * Both are calls of the agents' API with real credentials, each answered once it is kept. One agent after the other, in
 * an order that is not that of the table, so that changes are all over it.
 */
import { connect, type Socket } from "node:net";

/** Connections: an answer waits for the journal, some milliseconds. */
const LINES = 32;

/** As `bench-fill` leaves them. */
const BOOT = "00000007";
/** Sequences only ever rise, also from run to run: they begin with the tenths of a second since then. */
const SEQUENCES_BEGAN = Date.UTC(2026, 0);

const LOOK_MS = 5;

interface Driven {
  id: string;
  sequence: number;
  online: boolean;
}

export class Changes {
  private answered = 0;
  private begun = 0;
  private place = 0;
  private began = 0;
  private failure: Error | undefined;
  private timer: NodeJS.Timeout | undefined;
  private readonly idle: Line[] = [];
  private readonly lines: Line[] = [];

  private constructor(
    private readonly secret: string,
    private readonly agents: Driven[],
    private readonly rate: number,
  ) {}

  static async start(url: string, secret: string, ids: string[], rate: number): Promise<Changes> {
    const sequence = Math.floor((Date.now() - SEQUENCES_BEGAN) / 100);
    const changes = new Changes(secret, shuffled(ids).map((id) => ({ id, sequence, online: true })), rate);
    const { hostname, port } = new URL(url);
    for (let count = 0; count < LINES; count += 1) changes.lines.push(await Line.open(Number(port), hostname));
    changes.idle.push(...changes.lines);
    changes.began = performance.now();
    changes.timer = setInterval(() => changes.look(), LOOK_MS);
    return changes;
  }

  /** How many were answered. Throws where one was refused: then there are no more. */
  get made(): number {
    if (this.failure) throw this.failure;
    return this.answered;
  }

  /** Makes no more, and brings everybody back who is away. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    while (this.idle.length < this.lines.length && !this.failure) await new Promise((go) => setTimeout(go, LOOK_MS));
    const away = this.agents.filter((agent) => !agent.online);
    await Promise.all(
      this.lines.map(async (line) => {
        for (let agent = away.pop(); agent && !this.failure; agent = away.pop()) await this.change(line, agent);
      }),
    );
    for (const line of this.lines) line.close();
    if (this.failure) throw this.failure;
  }

  private look(): void {
    const due = ((performance.now() - this.began) / 1000) * this.rate;
    while (this.begun < due && !this.failure) {
      const line = this.idle.pop();
      if (!line) return;
      this.begun += 1;
      const agent = this.agents[this.place++ % this.agents.length];
      if (agent) void this.turn(line, agent);
    }
  }

  private async turn(line: Line, agent: Driven): Promise<void> {
    await this.change(line, agent);
    this.answered += 1;
    this.idle.push(line);
    this.look();
  }

  private async change(line: Line, agent: Driven): Promise<void> {
    agent.sequence += 1;
    const [call, kind] = agent.online ? ["goodbye", ',"kind":"stop"'] : ["heartbeat", ""];
    const body = `{"boot":"${BOOT}","sequence":${agent.sequence},"applied":1${kind}}`;
    try {
      const status = await line.ask(
        `POST /api/agent/v1/${call} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${agent.id}.${this.secret}\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      if (status >= 300) throw new Error(`${call}: ${status}`);
      agent.online = !agent.online;
    } catch (error) {
      this.failure ??= error as Error;
    }
  }
}

/** A connection, over which one request is under way at a time. */
class Line {
  private read = "";
  private answered: ((status: number) => void) | undefined;
  private broke: ((error: Error) => void) | undefined;

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.setEncoding("latin1");
    socket.on("data", (text) => this.take(String(text)));
    socket.on("error", (error) => this.broke?.(error));
    socket.on("close", () => this.broke?.(new Error("the server closed the connection")));
  }

  static async open(port: number, host: string): Promise<Line> {
    const socket = connect(port, host);
    await new Promise<void>((open, broke) => socket.once("connect", open).once("error", broke));
    return new Line(socket);
  }

  ask(request: string): Promise<number> {
    return new Promise((answered, broke) => {
      [this.answered, this.broke] = [answered, broke];
      this.socket.write(request);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private take(text: string): void {
    this.read += text;
    const head = this.read.indexOf("\r\n\r\n");
    if (head < 0) return;
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(this.read.slice(0, head + 2))?.[1] ?? 0);
    if (this.read.length < head + 4 + length) return;
    const status = Number(this.read.slice(9, 12));
    this.read = "";
    this.answered?.(status);
  }
}

/** In an order that says nothing, the same each time. */
function shuffled(ids: string[]): string[] {
  const all = [...ids];
  let state = 7;
  for (let place = all.length - 1; place > 0; place -= 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = state % (place + 1);
    [all[place], all[other]] = [all[other] as string, all[place] as string];
  }
  return all;
}
