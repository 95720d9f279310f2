// Runs in a page: a microphone that gives a tone, and an ear that tells how loud which tone is.

/** The microphone: a tone. */
export function voice(audio, hertz) {
  const tone = new OscillatorNode(audio, { frequency: hertz });
  const quiet = new GainNode(audio, { gain: 0.3 });
  const out = new MediaStreamAudioDestinationNode(audio);
  tone.connect(quiet).connect(out);
  tone.start();
  return out.stream;
}

/** The ear: what a track brings, by frequency. */
export class Ear {
  constructor(audio, track) {
    this.audio = audio;
    const stream = new MediaStream([track]);
    // Without an element that plays it, Chromium takes nothing from a track of the network.
    this.element = new Audio();
    this.element.muted = true;
    this.element.srcObject = stream;
    this.element.play();
    this.analyser = new AnalyserNode(audio, { fftSize: 4096, smoothingTimeConstant: 0 });
    audio.createMediaStreamSource(stream).connect(this.analyser);
  }

  /** Loudness around a frequency, decibels below full scale; -200 is silence. */
  level(hertz) {
    const bins = new Float32Array(this.analyser.frequencyBinCount);
    this.analyser.getFloatFrequencyData(bins);
    const at = Math.round((hertz * this.analyser.fftSize) / this.audio.sampleRate);
    return Math.max(-200, ...bins.slice(at - 1, at + 2));
  }
}
