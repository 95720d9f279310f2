// Runs in each of our own pages before they do: its microphone gives the page's tone, its ear is on the sound that arrives,
// and what the page's policy stops is remembered.
import { Ear, voice } from "./sound.js";

let audio = null;
let ear = null;
const sound = () => (audio ??= new AudioContext());
const stopped = [];

/** Loudness of these tones now, decibels below full scale. */
const levels = (of) => of.map((hertz) => ear?.level(hertz) ?? -200);

// A page without a secure origin has no devices.
if (navigator.mediaDevices) {
  navigator.mediaDevices.getUserMedia = async () => voice(sound(), window.inside.hertz);
}

window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) {
    super(...given);
    this.addEventListener("track", ({ track }) => (ear = new Ear(sound(), track)));
  }
};

document.addEventListener("securitypolicyviolation", (event) => {
  stopped.push(`${event.violatedDirective}: ${event.blockedURI || event.sample} at ${event.sourceFile}:${event.lineNumber}`);
});

window.inside = {
  hertz: 440,
  stopped,
  levels,

  /** Waits until the loud ones are louder than `limit` and the still ones are not, for `lasting` ms; -1: not `within` that time. */
  async hears({ loud, still, limit, lasting, within }) {
    const begun = performance.now();
    let since = null;
    for (;;) {
      const now = performance.now();
      const right = levels(loud).every((level) => level > limit) && levels(still).every((level) => level < limit);
      since = right ? (since ?? now) : null;
      if (since !== null && now - since >= lasting) return since - begun;
      if (now - begun > within) return -1;
      await new Promise((done) => setTimeout(done, 20));
    }
  },
};
