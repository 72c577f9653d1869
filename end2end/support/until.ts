/** Waits for something outside the browser. Inside, Playwright's own expectations wait. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, within_ms = 20_000): Promise<void> {
  const end = performance.now() + within_ms;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within ${within_ms / 1000} s: ${what}`);
    await new Promise((go) => setTimeout(go, 20));
  }
}
