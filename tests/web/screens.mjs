// Opens our own pages in a real Chromium for the tests in Rust, each page a tab of one browser: one order a line on standard
// input, one answer a line on standard output. A page is looked up by its name; `at` is a selector of Playwright.
//
// {"do":"open","page":"a","url":"http://...","hertz":500,"size":[1280,720],"language":"en"}   a tab with its own tone
// {"do":"reload","page":"a"}  {"do":"leave","page":"a"}  {"do":"return","page":"a"}  {"do":"close","page":"a"}
// {"do":"click","page":"a","at":"css"}  {"do":"fill","page":"a","at":"css","text":"words"}  {"do":"press","page":"a","key":"Control+Enter"}
// {"do":"tap","page":"a","at":"css"}   a click that waits for no picture
// {"do":"select","page":"a","at":"css","option":"value"}   {"do":"files","page":"a","at":"css","files":["/folder/a.wav"]}
// {"do":"until","page":"a","at":"css","text":"words","within":ms}   visible, with these words; "gone":true: not there any more
// {"do":"texts","page":"a","at":"css"}
// {"do":"eval","page":"a","script":"(x) => x + 1","with":1}
// {"do":"hears","page":"a","loud":[500],"still":[900],"within":ms}
// {"do":"cold","page":"a","url":"http://...","at":"css"}   the same session in a browser that knows nothing yet: when it painted first
// {"do":"cut","page":"a","user":"op1"}   breaks the connection of this user's phone, without a word to either end
// {"do":"faults","page":"a"}   what its console, its scripts and its policy complained about so far
import { fileURLToPath } from "node:url";
import { bundle, converse, launch } from "./chromium.mjs";
import { openWire } from "./wire.mjs";

/** Decibels below full scale from which on a tone is heard; tones are sent at some -25. */
const LOUD = -50;
/** How long it must be as it should be: shorter than any word, longer than a packet's click. */
const LASTING = 200;
const here = fileURLToPath(new URL(".", import.meta.url));
const inside = await bundle(`${here}inside.js`);
// The port of the house at which the pages' phones connect; the pages themselves notice nothing of the wire.
const sip = Number(process.argv[2]);
const wire = await openWire(sip);
const browser = await launch([`--host-resolver-rules=MAP 127.0.0.1:${sip} 127.0.0.1:${wire.port}`]);
const context = await browser.newContext({ permissions: ["microphone"], locale: "zh-CN" });
const pages = new Map();

async function open({ page: name, url, hertz = 440, size = [1280, 720], language }) {
  const page = await context.newPage();
  const faults = [];
  pages.set(name, { page, faults });
  page.on("pageerror", (error) => faults.push(`page: ${error.stack ?? error}`));
  page.on("console", (line) => {
    console.error(`${name}: ${line.type()}: ${line.text()}`);
    if (line.type() === "error") faults.push(`console: ${line.text()} (${line.location().url})`);
  });
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  // What the payloads of strangers ask for when they run.
  page.on("request", (request) => request.url().includes("/__hit/") && faults.push(`request: ${request.url()}`));
  await page.setViewportSize({ width: size[0], height: size[1] });
  await page.addInitScript({ content: `${inside};window.inside.hertz = ${Number(hertz)};` });
  // As if it had been chosen on this machine before; all tabs share it.
  if (language) await page.addInitScript((chosen) => localStorage.setItem("hotline.lang", chosen), language);
  await page.goto(url);
}

async function until({ at, text, gone, within = 10_000 }, page) {
  const all = page.locator(at);
  const found = text === undefined ? all : all.filter({ hasText: text });
  try {
    await found.first().waitFor({ state: gone ? "hidden" : "visible", timeout: within });
  } catch (error) {
    const there = await all.allInnerTexts();
    throw new Error(`${at} ${text ?? ""}: there is ${JSON.stringify(there)}; the page: ${(await page.innerText("body")).slice(0, 2000)}`);
  }
}

async function hears({ loud = [], still = [], within = 10_000 }, page) {
  const wanted = { loud, still, limit: LOUD, lasting: LASTING, within };
  const after = await page.evaluate((wanted) => window.inside.hears(wanted), wanted);
  if (after >= 0) return after;
  const levels = await page.evaluate((of) => window.inside.levels(of), [...loud, ...still]);
  throw new Error(`should hear ${loud} and not ${still}; it is ${levels.map(Math.round)} dB`);
}

/** Milliseconds from the start of the navigation: the first content, and the moment at which `at` is there. */
async function cold({ url, at }) {
  const fresh = await browser.newContext({ locale: "zh-CN" });
  try {
    await fresh.addCookies(await context.cookies());
    const page = await fresh.newPage();
    await page.goto(url);
    await page.locator(at).first().waitFor();
    return await page.evaluate(() => {
      const ready = performance.now();
      return new Promise((done) => {
        const seen = (list) => list.getEntriesByName("first-contentful-paint").forEach((paint) => done({ paint: paint.startTime, ready }));
        new PerformanceObserver(seen).observe({ type: "paint", buffered: true });
      });
    });
  } finally {
    await fresh.close();
  }
}

async function faults(held) {
  const stopped = await held.page.evaluate(() => window.inside.stopped);
  return [...held.faults, ...stopped.map((one) => `policy: ${one}`)];
}

async function answer(order) {
  if (order.do === "open") return open(order);
  const held = pages.get(order.page);
  if (!held) throw new Error(`no page ${order.page}`);
  const { page } = held;
  const at = () => page.locator(order.at).first();
  const timeout = order.within ?? 10_000;
  switch (order.do) {
    case "reload":
      return void (await page.reload());
    case "leave":
      held.left = page.url();
      return void (await page.goto("about:blank"));
    case "return":
      return void (await page.goto(held.left));
    case "close":
      return page.close();
    case "click":
      return at().click({ timeout });
    case "fill":
      return at().fill(order.text, { timeout });
    case "tap":
      // Without a wait for the element to stand still: a tab behind others draws once a second only.
      return at().dispatchEvent("click", {}, { timeout });
    case "select":
      return void (await at().selectOption(order.option, { timeout }));
    case "files":
      // A field of files is often hidden behind a button of the page's own.
      return at().setInputFiles(order.files, { timeout });
    case "press":
      return page.keyboard.press(order.key);
    case "until":
      return until(order, page);
    case "texts":
      return page.locator(order.at).allInnerTexts();
    case "eval":
      // The text is a function's: it is made in the page's world, which its policy does not let it do by itself.
      return page.evaluate(`(${order.script})(${JSON.stringify(order.with ?? null)})`);
    case "hears":
      return hears(order, page);
    case "cold":
      return cold(order);
    case "cut": {
      const cut = wire.cut(order.user);
      if (cut !== 1) throw new Error(`${cut} connections of ${order.user}`);
      return null;
    }
    case "faults":
      return faults(held);
    default:
      throw new Error(`unknown order ${order.do}`);
  }
}

await converse(answer);
await browser.close();
wire.close();
