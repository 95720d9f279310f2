// Chromium for the tests in Rust: how it is started, and the conversation by lines, an order in, an answer out.
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { chromium } from "playwright-core";

/** Starts it: no question about the microphone, sound without a touch of the page, calls on this machine alone. */
export function launch(more = []) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--use-fake-ui-for-media-stream",
      "--use-fake-device-for-media-stream",
      "--allow-loopback-in-peer-connection",
      "--autoplay-policy=no-user-gesture-required",
      ...more,
    ],
  });
}

/** One file and what it imports, as a script for a page. */
export async function bundle(entry) {
  const built = await build({
    entryPoints: [entry],
    bundle: true,
    format: "iife",
    write: false,
    define: { global: "window" },
  });
  return built.outputFiles[0].text;
}

/** Answers orders until there are no more. */
export async function converse(answer) {
  console.log(JSON.stringify({ ready: true }));
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      console.log(JSON.stringify({ ok: (await answer(JSON.parse(line))) ?? null }));
    } catch (error) {
      console.log(JSON.stringify({ error: String(error) }));
    }
  }
}
