// The phone in the page: registers, rings, answers, holds, sends digits, comes back after a cut with the same call.
import type { RTCSession } from 'jssip/lib/RTCSession'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { headers, url } from '@/api/client'
import { useBoard } from '@/live/board'
import { closeStream, keepMicrophone, levels, listDevices, listen, microphone, openMicrophone, type Levels } from './media'
import { forget, keep, kept } from './kept'
import { Line, type LineState } from './line'
import { Restart } from './restart'
import { ring, stopRinging } from './sound'
import { useSession } from '@/stores/session'

export type CallState = 'ringing' | 'dialling' | 'answering' | 'talking'
export interface PhoneCall {
  state: CallState
  incoming: boolean
  /** What the far end is called: the hotline, a case number. */
  name: string
  since: number
}

/** ICE: nothing is gained by waiting for more candidates than these after the first. */
const GATHER = 200
const LEVELS_EVERY = 150

export const usePhone = defineStore('phone', () => {
  const line = ref<LineState>('off')
  const call = shallowRef<PhoneCall | null>(null)
  const muted = ref(false)
  const held = ref(false)
  /** The sound's way is being made anew. */
  const restoring = ref(false)
  const microphoneRefused = ref(false)
  const level = ref<Levels>({ mine: 0, theirs: 0 })
  /** Why the last call ended, when it was not in the normal way. */
  const ended = ref('')
  /** After a reload: this phone was in a call, which the house gives back. */
  const returning = ref(kept())
  /** Answer the next ring by itself: it was asked for on this page. */
  const expecting = ref(0)
  const number = ref('')

  let session: RTCSession | null = null
  let restart: Restart | null = null
  let stream: MediaStream | null = null
  let opening: Promise<MediaStream> | null = null
  let meter: ReturnType<typeof setInterval> | null = null
  let wasLost = false
  const board = useBoard()

  const agent = new Line({
    state(next) {
      if (next === 'lost') wasLost = true
      if (next === 'registered' && wasLost) {
        wasLost = false
        if (session?.isEstablished()) restart?.now()
      }
      line.value = next
      number.value = agent.account?.number ?? ''
      if (next === 'registered' && returning.value?.replaces && !session) void comeBack(returning.value.replaces)
    },
    session: ({ originator, session: fresh }) => (String(originator) === 'remote' ? rings(fresh) : follow(fresh)),
  })

  const ready = computed(() => line.value === 'registered')

  /** The microphone, opened once a call; while it rings already, so that answering takes no time. */
  function micro(): Promise<MediaStream> {
    opening ??= openMicrophone().then(
      (opened) => {
        microphoneRefused.value = false
        return (stream = opened)
      },
      (error: unknown) => {
        microphoneRefused.value = true
        opening = null
        throw error
      },
    )
    return opening
  }

  function rings(fresh: RTCSession) {
    // One phone, one call: the house sees 486 and hunts on.
    if (session) return fresh.terminate({ status_code: 486 })
    follow(fresh)
    call.value = { state: 'ringing', incoming: true, name: fresh.remote_identity.display_name || '', since: Date.now() }
    const wanted = returning.value !== null || Date.now() < expecting.value
    void micro().catch(() => {})
    if (wanted) void answer()
    else ring()
  }

  function follow(fresh: RTCSession) {
    session = fresh
    ended.value = ''
    restart = new Restart(fresh, agent.reachable, (busy) => (restoring.value = busy))
    let gathering: ReturnType<typeof setTimeout> | null = null
    fresh.on('icecandidate', ({ ready: enough }) => {
      gathering ??= setTimeout(() => {
        gathering = null
        enough()
      }, GATHER)
    })
    fresh.on('peerconnection', ({ peerconnection }) => attach(peerconnection))
    // An outgoing session has its connection at once, before anybody could listen for it.
    if (fresh.connection) attach(fresh.connection)
    fresh.on('confirmed', () => {
      stopRinging()
      returning.value = null
      expecting.value = 0
      forget()
      call.value = { ...(call.value as PhoneCall), state: 'talking', since: Date.now() }
    })
    fresh.on('hold', ({ originator }) => String(originator) === 'local' && (held.value = true))
    fresh.on('unhold', ({ originator }) => String(originator) === 'local' && (held.value = false))
    fresh.on('ended', () => over(''))
    fresh.on('failed', ({ cause, originator }) => over(String(originator) === 'remote' && cause === 'Canceled' ? '' : cause))
  }

  const attached = new WeakSet<RTCPeerConnection>()
  function attach(connection: RTCPeerConnection) {
    if (attached.has(connection)) return
    attached.add(connection)
    connection.addEventListener('track', (event) => void listen(event.streams[0] ?? new MediaStream([event.track])))
    restart?.watch(connection)
    meter ??= setInterval(() => void levels(connection).then((now) => (level.value = now), () => {}), LEVELS_EVERY)
  }

  function over(why: string) {
    stopRinging()
    if (returning.value?.replaces) {
      // The house had let the seat go: there is nothing to come back to.
      returning.value = null
      forget()
    }
    restart?.stop()
    closeStream(stream)
    stream = opening = session = restart = null
    if (meter) clearInterval(meter)
    meter = null
    void listen(null)
    level.value = { mine: 0, theirs: 0 }
    muted.value = held.value = restoring.value = false
    ended.value = why
    call.value = null
  }

  const pcConfig = (): RTCConfiguration => ({ iceServers: agent.account?.ice_servers ?? [], bundlePolicy: 'max-bundle' })

  async function answer(): Promise<void> {
    const answering = session
    if (!answering || call.value?.state !== 'ringing') return
    stopRinging()
    call.value = { ...call.value, state: 'answering' }
    try {
      const mediaStream = await micro()
      // The caller may have gone while the microphone was opened.
      if (session === answering && !answering.isEnded()) answering.answer({ mediaStream, pcConfig: pcConfig() })
    } catch {
      if (session === answering) answering.terminate({ status_code: 480 })
    }
  }

  async function dial(target: string): Promise<void> {
    if (session || call.value || !agent.agent) return
    call.value = { state: 'dialling', incoming: false, name: target, since: Date.now() }
    await invite(target, [])
  }

  async function invite(target: string, extraHeaders: string[]) {
    try {
      const mediaStream = await micro()
      agent.agent?.call(target, { mediaStream, pcConfig: pcConfig(), extraHeaders })
    } catch {
      over('')
    }
  }

  /** After a reload: this page takes the seat over from the one before, whose dialog it names. */
  async function comeBack(replaces: string) {
    call.value = { state: 'answering', incoming: true, name: '', since: Date.now() }
    await invite(number.value, ['Require: replaces', `Replaces: ${replaces}`])
  }

  /** What the next page names; an operator is rung again by the house at once instead, and needs none. */
  function dialog(): string | undefined {
    const id = (session as unknown as { _dialog?: { id: { call_id: string; local_tag: string; remote_tag: string } } } | null)?._dialog?.id
    if (!id || person.role !== 'desk') return undefined
    return `${id.call_id};to-tag=${id.remote_tag};from-tag=${id.local_tag}`
  }

  function hangUp() {
    if (session && !session.isEnded()) session.terminate(call.value?.state === 'ringing' ? { status_code: 603 } : undefined)
  }

  function mute(on: boolean) {
    muted.value = on
    if (on) session?.mute({ audio: true })
    else session?.unmute({ audio: true })
  }

  function hold(on: boolean) {
    if (on) session?.hold()
    else session?.unhold()
  }

  /** A digit: RFC 4733 in the sound where the house took it up, else SIP INFO. */
  function digit(key: string) {
    if (!session?.isEstablished()) return
    const inBand = session.connection?.getSenders().some((s) => s.dtmf?.canInsertDTMF) ?? false
    session.sendDTMF(key, { transportType: (inBand ? 'RFC2833' : 'INFO') as never, duration: 160, interToneGap: 80 })
  }

  async function chooseMicrophone(id: string) {
    keepMicrophone(id)
    const connection = session?.connection
    if (!connection) return
    const fresh = await openMicrophone()
    // Another one was chosen, or the call ended, while the browser asked: nobody would close this one.
    if (microphone.value !== id || session?.connection !== connection) return closeStream(fresh)
    const track = fresh.getAudioTracks()[0] ?? null
    if (track) track.enabled = !muted.value
    await connection.getSenders().find((s) => s.track?.kind === 'audio' || s.dtmf)?.replaceTrack(track)
    closeStream(stream)
    stream = fresh
    opening = Promise.resolve(fresh)
  }

  /** The next ring was asked for on this page (listening in, coming back): answered by itself. */
  function expect(ms = 20_000) {
    expecting.value = Date.now() + ms
  }

  // The page goes: what it was doing is kept for the next one, and the house need not wait for the silence.
  window.addEventListener('pagehide', () => {
    if (line.value === 'off') return
    if (session?.isEstablished()) keep(board.me?.call ?? '', dialog())
    // By name: this word may come after the next page has a phone of its own, which stays.
    const user = agent.account?.user
    if (user) void fetch(url('/phone', { user }), { method: 'DELETE', headers: headers(), credentials: 'same-origin', keepalive: true }).catch(() => {})
  })

  navigator.mediaDevices?.addEventListener('devicechange', () => void listDevices())
  // Signed out: the next one in this tab has another phone.
  const person = useSession()
  watch(
    () => person.me?.user,
    (user, before) => before !== undefined && user !== before && stop(),
  )

  async function start() {
    void listDevices()
    await agent.start()
  }

  function stop() {
    hangUp()
    agent.stop()
  }

  /** Asks for the microphone before the first call, so that no question of the browser stands in its way. */
  async function allow() {
    try {
      closeStream(await openMicrophone())
      microphoneRefused.value = false
    } catch {
      microphoneRefused.value = true
    }
  }

  return {
    line, call, muted, held, restoring, microphoneRefused, level, ended, returning, number, ready,
    start, stop, allow, answer, dial, hangUp, mute, hold, digit, chooseMicrophone, expect,
  }
})
