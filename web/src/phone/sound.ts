// Tones of the page itself: ringing, and a key's tone while dialling (ITU-T Q.23, Q.24).

let context: AudioContext | null = null
let ringer: ReturnType<typeof setInterval> | null = null

function audio(): AudioContext | null {
  try {
    context ??= new AudioContext()
    void context.resume()
    return context
  } catch {
    return null
  }
}

function tone(frequencies: number[], ms: number, volume: number) {
  const at = audio()
  if (!at) return
  const gain = at.createGain()
  const end = at.currentTime + ms / 1000
  gain.gain.setValueAtTime(volume, at.currentTime)
  gain.gain.setTargetAtTime(0, end - 0.02, 0.008)
  gain.connect(at.destination)
  for (const frequency of frequencies) {
    const source = at.createOscillator()
    source.frequency.value = frequency
    source.connect(gain)
    source.start()
    source.stop(end)
  }
}

/** Rings until it is stopped: two soft tones, 1 s on, 2 s off. */
export function ring() {
  if (ringer) return
  const once = () => {
    tone([523, 659], 420, 0.08)
    setTimeout(() => ringer && tone([523, 659], 420, 0.08), 520)
  }
  once()
  ringer = setInterval(once, 3000)
}

export function stopRinging() {
  if (ringer) clearInterval(ringer)
  ringer = null
}

const ROWS = [697, 770, 852, 941]
const COLUMNS = [1209, 1336, 1477]
const PAD = '123456789*0#'

/** What one hears oneself when a key is pressed. */
export function keyTone(digit: string) {
  const at = PAD.indexOf(digit)
  if (at < 0) return
  tone([ROWS[Math.floor(at / 3)] ?? 697, COLUMNS[at % 3] ?? 1209], 120, 0.05)
}
