/** What a page holds: its heap after a collection, the memory of its WebAssembly, its process. */
import { readFileSync } from "node:fs";

import type { Browser, CDPSession, Page } from "@playwright/test";

const MB = 1_048_576;

export interface Holds {
  /** JavaScript's heap and WebAssembly's memory, in MB. */
  heap: number;
  /** The renderer's part of the machine's memory, in MB. */
  process: number;
  /** Nodes of documents, whether or not they are in one. */
  nodes: number;
}

/** Sees to it that the memory of the console's WebAssembly can be asked for. Before the page is opened. */
export async function noteWebAssembly(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const memories: WebAssembly.Memory[] = [];
    Object.assign(window, { memories });
    const note = ({ instance }: WebAssembly.WebAssemblyInstantiatedSource): void => {
      for (const one of Object.values(instance.exports)) if (one instanceof WebAssembly.Memory) memories.push(one);
    };
    const streaming = WebAssembly.instantiateStreaming;
    WebAssembly.instantiateStreaming = async (...of) => {
      const made = await streaming(...of);
      note(made);
      return made;
    };
  });
}

/** What it holds now, once nothing is left to be collected. */
export async function holds(browser: Browser, page: Page, client: CDPSession): Promise<Holds> {
  // What is only found to be free by the first is given back by the second.
  for (let turn = 0; turn < 2; turn += 1) await client.send("HeapProfiler.collectGarbage");
  await client.send("Performance.enable");
  const { metrics } = await client.send("Performance.getMetrics");
  const of = (name: string): number => metrics.find((one) => one.name === name)?.value ?? NaN;
  const wasm = await page.evaluate(() => {
    const { memories } = window as unknown as { memories: WebAssembly.Memory[] };
    return memories.reduce((sum, one) => sum + one.buffer.byteLength, 0);
  });
  if (wasm === 0) throw new Error("the memory of the console's WebAssembly was not found");
  return { heap: (of("JSHeapUsedSize") + wasm) / MB, process: await ofRenderers(browser), nodes: of("Nodes") };
}

/** Of the largest renderer: that of the page. What it shares with other processes counts in part. */
async function ofRenderers(browser: Browser): Promise<number> {
  const client = await browser.newBrowserCDPSession();
  const { processInfo } = await client.send("SystemInfo.getProcessInfo");
  await client.detach();
  const renderers = processInfo.filter((one) => one.type === "renderer");
  const held = renderers.map(({ id }) => Number(/^Pss: +(\d+)/m.exec(readFileSync(`/proc/${id}/smaps_rollup`, "utf8"))?.[1] ?? 0));
  return Math.max(...held) / 1024;
}
