// The wire between the pages' phones and the house: can be cut under a page, which is told nothing by the house nor by itself.
import { connect, createServer } from "node:net";

/** How much of what the house says first is kept, to know whose connection it is. */
const KEPT = 4_000;

/** Passes everything on to this port of this machine. */
export async function openWire(to) {
  const lines = new Set();
  const server = createServer((near) => {
    const far = connect(to, "127.0.0.1");
    const line = { near, far, said: "" };
    lines.add(line);
    far.on("data", (data) => (line.said = (line.said + data.toString("latin1")).slice(0, KEPT)));
    const end = () => {
      lines.delete(line);
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) socket.on("close", end).on("error", end);
    near.pipe(far);
    far.pipe(near);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    port: server.address().port,
    close: () => server.close(),

    /** Cuts the connections on which the house spoke to this user; how many those were. */
    cut(user) {
      // What the house sends is not masked (RFC 6455 section 5.1): the answer to REGISTER names who registered.
      const found = [...lines].filter((line) => line.said.includes(`<sip:${user}@`));
      for (const { near, far } of found) {
        near.resetAndDestroy();
        far.resetAndDestroy();
      }
      return found.length;
    },
  };
}
