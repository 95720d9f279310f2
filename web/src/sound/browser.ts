// What the browser does with sound: decode any file, resample to the house's rate, record the microphone.
import { encodeWav, HOUSE_RATE, isPcmWav, trim } from './wav'

/** Longest recording of a prompt, ms. */
export const LONGEST = 120_000

/** Decodes and mixes to one channel at the house's rate. */
export async function decode(bytes: ArrayBuffer): Promise<Float32Array> {
  const context = new OfflineAudioContext(1, 1, HOUSE_RATE)
  const sound = await context.decodeAudioData(bytes.slice(0))
  const out = new Float32Array(sound.length)
  for (let channel = 0; channel < sound.numberOfChannels; channel += 1) {
    sound.getChannelData(channel).forEach((value, i) => (out[i] = (out[i] ?? 0) + value / sound.numberOfChannels))
  }
  return out
}

/** A file as WAV: PCM stays as it is, anything else that the browser can play is decoded. */
export async function asWav(file: Blob): Promise<Blob> {
  const bytes = await file.arrayBuffer()
  return new Blob([isPcmWav(bytes) ? bytes : encodeWav(await decode(bytes), HOUSE_RATE)], { type: 'audio/wav' })
}

export interface Recording {
  /** Loudness now, 0 to 1. */
  level: () => number
  /** Ends it and gives the WAV, silence cut from its ends. */
  stop: () => Promise<Blob>
  /** Ends it and forgets it. */
  drop: () => void
}

/** Records the microphone until it is stopped, at most LONGEST. */
export async function record(): Promise<Recording> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: false, noiseSuppression: true, autoGainControl: true } })
  const recorder = new MediaRecorder(stream)
  const context = new AudioContext()
  const meter = context.createAnalyser()
  meter.fftSize = 512
  context.createMediaStreamSource(stream).connect(meter)
  const wave = new Float32Array(meter.fftSize)
  const pieces: Blob[] = []
  recorder.ondataavailable = (event) => pieces.push(event.data)
  const ended = new Promise<void>((resolve) => (recorder.onstop = () => resolve()))
  const close = () => {
    if (recorder.state !== 'inactive') recorder.stop()
    stream.getTracks().forEach((track) => track.stop())
    void context.close()
  }
  const timer = setTimeout(close, LONGEST)
  recorder.start()
  return {
    level: () => {
      meter.getFloatTimeDomainData(wave)
      return Math.min(1, wave.reduce((most, v) => Math.max(most, Math.abs(v)), 0))
    },
    stop: async () => {
      clearTimeout(timer)
      if (recorder.state !== 'inactive') recorder.stop()
      await ended
      close()
      const samples = await decode(await new Blob(pieces).arrayBuffer())
      return new Blob([encodeWav(trim(samples, HOUSE_RATE), HOUSE_RATE)], { type: 'audio/wav' })
    },
    drop: () => {
      clearTimeout(timer)
      close()
    },
  }
}
