// Drives a real Chromium for the tests in Rust: one order a line on standard input, one answer a line on standard output.
//
// {"do":"open","page":"a","library":"jssip"|"sipjs","account":{"ws","uri","user","password","hertz"}}
// {"do":"call","page":"a","number":"89000"}   {"do":"run","page":"a","what":"hangUp","with":[]}
// {"do":"states","page":"a"}   {"do":"levels","page":"a","of":[500,900]}   {"do":"reload","page":"a"}
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { bundle, converse, launch } from "./chromium.mjs";

const port = Number(process.argv[2]);
const here = fileURLToPath(new URL(".", import.meta.url));
const script = await bundle(`${here}phones.js`);
const server = createServer((request, response) => {
  const isScript = request.url === "/phones.js";
  response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html");
  response.end(isScript ? script : "<!doctype html><title>phone</title><script src=/phones.js></script>");
});
await new Promise((done) => server.listen(port, "127.0.0.1", done));

const browser = await launch();
const pages = new Map();

async function open({ page: name, library, account }) {
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(`${name}: ${error}`));
  page.on("console", (line) => line.type() === "error" && console.error(`${name}: ${line.text()}`));
  pages.set(name, { page, library, account });
  await begin(pages.get(name));
}

async function begin({ page, library, account }) {
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.evaluate(([library, account]) => window.begin(library, account), [library, account]);
}

async function answer(order) {
  const held = pages.get(order.page);
  const { page } = held ?? {};
  switch (order.do) {
    case "open":
      return open(order);
    case "reload":
      return begin(held);
    case "close":
      return page.close();
    case "states":
      return page.evaluate(() => window.phone.states);
    case "levels":
      return page.evaluate((of) => of.map((hertz) => window.phone.ear?.level(hertz) ?? -200), order.of);
    case "run":
      // What the phones return is theirs.
      return page.evaluate(async ([what, args]) => void (await window.phone[what](...args)), [
        order.what,
        order.with ?? [],
      ]);
    case "wait": {
      // The first moment at which it hears this tone that loud, in milliseconds from now; -1: not in time.
      const [hertz, loud, within] = [order.hertz, order.loud, order.within];
      return page.evaluate(
        async ([hertz, loud, within]) => {
          const begun = performance.now();
          for (;;) {
            const after = performance.now() - begun;
            if ((window.phone.ear?.level(hertz) ?? -200) > loud) return after;
            if (after > within) return -1;
            await new Promise((done) => setTimeout(done, 20));
          }
        },
        [hertz, loud, within],
      );
    }
    default:
      throw new Error(`unknown order ${order.do}`);
  }
}

await converse(answer);
await browser.close();
server.close();
