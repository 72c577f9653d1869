/** What `.ci/bench.d/ours/console.py` asks of a run, and where it is told. */
import { readFileSync, writeFileSync } from "node:fs";

export interface Asked {
  part: "table" | "scroll" | "wall";
  /** The server, without a slash at the end. */
  url: string;
  /** Of somebody who is signed in: `name=value`. */
  cookie: string;
  /** The secret of every agent that is in the database. */
  secret: string;
  /** How many agents there are. */
  agents: number;
  /** Ids of agents that go and come; of the table the first ones by their names. */
  driven: string[];
  /** How many of these change in a second; of those that scroll, as many as leases end. */
  rate: number;
  /** How often a page is loaded. */
  loads: number;
  /** How long frames are counted. */
  seconds: number;
  /** How long the wall is watched for what it holds. */
  minutes: number;
}

/** Figures by name, as `.ci/bench.d/rows/console.py` has them. */
export type Told = Record<string, number>;

/** The run that is asked for; nothing where this is not started by `make bench`. */
export function asked(): Asked | undefined {
  const file = process.env.ROLLCALL_BENCH_ASKED;
  return file ? (JSON.parse(readFileSync(file, "utf8")) as Asked) : undefined;
}

export function tell(told: Told): void {
  const text = JSON.stringify(told);
  const file = process.env.ROLLCALL_BENCH_TOLD;
  if (file) writeFileSync(file, text);
  console.log(text);
}

/** The value that a share of all is at or below. */
export function percentile(values: number[], share: number): number {
  const ordered = [...values].sort((one, other) => one - other);
  const value = ordered[Math.min(ordered.length - 1, Math.floor(ordered.length * share))];
  if (value === undefined) throw new Error("nothing was measured");
  return value;
}

export const median = (values: number[]): number => percentile(values, 0.5);

export const pause = (ms: number): Promise<void> => new Promise((go) => setTimeout(go, ms));
