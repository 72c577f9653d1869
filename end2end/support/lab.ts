/**
 * A network of this test's own: a server, a machine beside it, and one behind a router that translates addresses (NAT)
 * and lets nothing in. Each is a network namespace, without a cable to the machine's own network.
 *
 * The same as `server/tests/namespaces/lab.rs`, as far as a page needs it. Browser and server run in one namespace.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

export const SERVER = "198.51.100.1";
const ROUTER = "198.51.100.2";
const OUTSIDE = "198.51.100.50";
const INSIDE = "10.77.0.10";
export const PRIVATE = "10.77.0.0/24";

/** What goes out takes the router's address; what comes from outside by itself goes nowhere. */
const RULES = `
table inet gate {
  chain forward {
    type filter hook forward priority 0; policy drop;
    iifname "lan" accept
    ct state established,related accept
  }
  chain out {
    type nat hook postrouting priority 100;
    oifname "wan" masquerade
  }
}`;

export type Role = "server" | "router" | "outside" | "inside";
const ROLES: Role[] = ["server", "router", "outside", "inside"];

export class Lab {
  private static made = 0;

  private constructor(private readonly tag: string) {}

  /** Lays the cables; gives why not, where that may not be done here. */
  static async lay(): Promise<Lab | string> {
    if (process.getuid?.() !== 0) return "the right to make network namespaces (root)";
    const lab = new Lab(`rce-${process.pid}-${Lab.made++}-`);
    try {
      await run("nft", ["-v"]);
      await run("ip", ["netns", "add", lab.name("server")]);
      await run("ip", ["netns", "exec", lab.name("server"), "true"]);
    } catch (error) {
      await lab.remove();
      return `the right to make network namespaces, with ip and nft: ${String(error)}`;
    }
    try {
      await lab.build();
    } catch (error) {
      await lab.remove();
      throw error;
    }
    return lab;
  }

  /** The words in front of a command that runs it in this place. */
  within(role: Role): string[] {
    return ["ip", "netns", "exec", this.name(role)];
  }

  async remove(): Promise<void> {
    for (const role of ROLES) await run("ip", ["netns", "del", this.name(role)]).catch(() => {});
  }

  name(role: Role): string {
    return this.tag + role;
  }

  private async build(): Promise<void> {
    for (const role of ROLES) {
      if (role !== "server") await run("ip", ["netns", "add", this.name(role)]);
      // IPv4 alone: an IPv6 address that is still being checked is a change of network to Chromium, which then drops what
      // it loads.
      await this.run(role, "sh", "-c", "for one in all default; do echo 1 >/proc/sys/net/ipv6/conf/$one/disable_ipv6; done");
      await this.ip(role, "link set lo up");
    }
    await this.ip("server", "link add eth type bridge");
    for (const [port, role, device] of [["to-router", "router", "wan"], ["to-outside", "outside", "eth"]] as const) {
      await this.ip("server", `link add ${port} type veth peer name ${device} netns ${this.name(role)}`);
      await this.ip("server", `link set ${port} master eth`);
      await this.ip("server", `link set ${port} up`);
      await this.ip(role, `link set ${device} up`);
    }
    await this.ip("server", "link set eth up");
    await this.ip("router", `link add lan type veth peer name eth netns ${this.name("inside")}`);
    await this.ip("router", "link set lan up");
    await this.ip("inside", "link set eth up");
    for (const [role, device, address] of [
      ["server", "eth", SERVER],
      ["router", "wan", ROUTER],
      ["outside", "eth", OUTSIDE],
      ["router", "lan", "10.77.0.1"],
      ["inside", "eth", INSIDE],
    ] as const) {
      await this.ip(role, `addr add ${address}/24 dev ${device}`);
    }
    await this.ip("inside", "route add default via 10.77.0.1");
    // So that it is the router that keeps the server out, and not a missing way.
    await this.ip("server", `route add default via ${ROUTER}`);
    await this.run("router", "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward");
    await this.run("router", "nft", RULES);
  }

  private async ip(role: Role, words: string): Promise<void> {
    await run("ip", ["-n", this.name(role), ...words.split(" ")]);
  }

  private async run(role: Role, ...words: string[]): Promise<void> {
    const [program = "", ...rest] = [...this.within(role), ...words];
    await run(program, rest);
  }
}
