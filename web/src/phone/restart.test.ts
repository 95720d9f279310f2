// The same call after a cut: when a re-INVITE with an ICE restart is sent, and that a dead socket does not end the call.
import type { RTCSession } from 'jssip/lib/RTCSession'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Restart } from './restart'

class Session {
  established = true
  ended = false
  ready = true
  ends = 0
  sent: (() => void)[] = []
  isEstablished = () => this.established
  isEnded = () => this.ended
  onTransportError() {
    this.ends += 1
  }
  renegotiate(options: { rtcOfferConstraints: { iceRestart: boolean } }, done: () => void) {
    expect(options.rtcOfferConstraints.iceRestart).toBe(true)
    if (this.ready) this.sent.push(done)
    return this.ready
  }
}

let session: Session
let reachable: boolean
let busy: boolean
let restart: Restart

beforeEach(() => {
  vi.useFakeTimers()
  session = new Session()
  reachable = true
  busy = false
  restart = new Restart(session as unknown as RTCSession, () => reachable, (now) => (busy = now))
})
afterEach(() => vi.useRealTimers())

test('waits for the socket, then sends once and is done with its answer', () => {
  reachable = false
  restart.now()
  vi.advanceTimersByTime(5_000)
  expect(session.sent).toHaveLength(0)
  expect(busy).toBe(true)
  reachable = true
  vi.advanceTimersByTime(300)
  expect(session.sent).toHaveLength(1)
  session.sent[0]?.()
  vi.advanceTimersByTime(5_000)
  expect(session.sent).toHaveLength(1)
  expect(busy).toBe(false)
})

test('a re-INVITE that is under way is waited for', () => {
  session.ready = false
  restart.now()
  vi.advanceTimersByTime(1_000)
  session.ready = true
  vi.advanceTimersByTime(300)
  expect(session.sent).toHaveLength(1)
})

test('a socket that dies during the re-INVITE does not end the call: it is sent again', () => {
  restart.now()
  reachable = false
  session.onTransportError()
  expect(session.ends).toBe(0)
  reachable = true
  vi.advanceTimersByTime(300)
  expect(session.sent).toHaveLength(2)
})

test('before the call stands, a dead socket ends it as usual', () => {
  session.established = false
  session.onTransportError()
  expect(session.ends).toBe(1)
})

test('a short interruption is left alone, a long one is not', () => {
  const pc = Object.assign(new EventTarget(), { iceConnectionState: 'connected' }) as unknown as RTCPeerConnection & { iceConnectionState: string }
  const become = (state: string) => {
    ;(pc as { iceConnectionState: string }).iceConnectionState = state
    pc.dispatchEvent(new Event('iceconnectionstatechange'))
  }
  restart.watch(pc)
  become('disconnected')
  vi.advanceTimersByTime(400)
  become('connected')
  vi.advanceTimersByTime(2_000)
  expect(session.sent).toHaveLength(0)
  become('disconnected')
  vi.advanceTimersByTime(900)
  expect(session.sent).toHaveLength(1)
  become('failed')
  expect(session.sent).toHaveLength(2)
})

test('after the end nothing is sent', () => {
  session.ended = true
  restart.now()
  vi.advanceTimersByTime(2_000)
  expect(session.sent).toHaveLength(0)
  expect(busy).toBe(false)
})
