// Microphone, loudspeaker and how loud both are.
import { ref } from 'vue'

export interface Device {
  id: string
  name: string
}

const KEYS = { in: 'hotline.microphone', out: 'hotline.speaker' }
export const microphones = ref<Device[]>([])
export const speakers = ref<Device[]>([])
export const microphone = ref(localStorage.getItem(KEYS.in) ?? '')
export const speaker = ref(localStorage.getItem(KEYS.out) ?? '')

const audio = document.createElement('audio')
audio.autoplay = true

/** Lists the devices; their names are empty until the microphone was allowed once. */
export async function listDevices() {
  // Missing on plain http outside this machine: browsers give no microphone there.
  if (!navigator.mediaDevices) return
  const all = await navigator.mediaDevices.enumerateDevices()
  const of = (kind: MediaDeviceKind) =>
    all.filter((d) => d.kind === kind && d.deviceId !== 'default').map((d, n) => ({ id: d.deviceId, name: d.label || `${n + 1}` }))
  microphones.value = of('audioinput')
  speakers.value = of('audiooutput')
}

/** Opens the microphone. Throws when it is refused or there is none. */
export async function openMicrophone(): Promise<MediaStream> {
  if (!navigator.mediaDevices) throw new DOMException('insecure page', 'NotAllowedError')
  const wanted = microphones.value.some((d) => d.id === microphone.value) ? { deviceId: { exact: microphone.value } } : {}
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...wanted },
  })
  void listDevices()
  return stream
}

export const closeStream = (stream: MediaStream | null) => stream?.getTracks().forEach((track) => track.stop())

/** Plays what the far end sends. */
export async function listen(stream: MediaStream | null) {
  audio.srcObject = stream
  if (!stream) return
  await routeSpeaker()
  // Refused only while nobody has touched the page yet; a call was answered by hand or the microphone is open.
  await audio.play().catch(() => {})
}

async function routeSpeaker() {
  const known = speaker.value === '' || speakers.value.some((d) => d.id === speaker.value)
  if (known && 'setSinkId' in audio) await audio.setSinkId(speaker.value).catch(() => {})
}

export async function chooseSpeaker(id: string) {
  speaker.value = id
  localStorage.setItem(KEYS.out, id)
  await routeSpeaker()
}

export function keepMicrophone(id: string) {
  microphone.value = id
  localStorage.setItem(KEYS.in, id)
}

export interface Levels {
  /** 0..1: what the microphone takes. */
  mine: number
  /** 0..1: what arrives. */
  theirs: number
}

/** How loud it is now, from the connection's own statistics: no audio graph is needed. */
export async function levels(connection: RTCPeerConnection): Promise<Levels> {
  const out = { mine: 0, theirs: 0 }
  const report = await connection.getStats()
  report.forEach((one: { type: string; kind?: string; audioLevel?: number }) => {
    if (one.kind !== 'audio' || one.audioLevel === undefined) return
    if (one.type === 'media-source') out.mine = one.audioLevel
    if (one.type === 'inbound-rtp') out.theirs = one.audioLevel
  })
  return out
}
