// A new way for the sound of the same call: ICE restart in a re-INVITE (RFC 8839 section 4.4.1.1.1), as soon as it can be sent.
import type { RTCSession } from 'jssip/lib/RTCSession'

/** Tries between two looks whether a re-INVITE may be sent. */
const AGAIN = 250
/** A path that is only interrupted may come back by itself. */
const PATIENCE = 800

export class Restart {
  private timer: ReturnType<typeof setTimeout> | null = null
  private wanted = false

  constructor(
    private readonly session: RTCSession,
    /** Whether the socket stands and the phone is registered. */
    private readonly reachable: () => boolean,
    /** Whether a restart is going on, for the screen. */
    private readonly tell: (busy: boolean) => void,
  ) {
    // JsSIP ends a call whose re-INVITE meets a dead socket; the call itself is well: try again when the socket is back.
    const inner = session as unknown as { onTransportError: () => void }
    const end = inner.onTransportError.bind(session)
    inner.onTransportError = () => (session.isEstablished() ? this.now() : end())
  }

  watch(connection: RTCPeerConnection) {
    connection.addEventListener('iceconnectionstatechange', () => {
      const state = connection.iceConnectionState
      if (state === 'failed') this.now()
      else if (state === 'disconnected') this.later(PATIENCE, () => connection.iceConnectionState === 'disconnected')
      else if (state === 'connected' || state === 'completed') this.done()
    })
  }

  /** The socket was cut and is back: the house learns the new way. */
  now() {
    this.wanted = true
    this.tell(true)
    this.go()
  }

  stop() {
    this.wanted = false
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    this.tell(false)
  }

  private later(ms: number, still: () => boolean) {
    this.timer ??= setTimeout(() => {
      this.timer = null
      if (still()) this.now()
    }, ms)
  }

  private done() {
    if (!this.wanted) this.tell(false)
  }

  private go() {
    if (!this.wanted || this.session.isEnded()) return this.stop()
    const sent =
      this.session.isEstablished() &&
      this.reachable() &&
      this.session.renegotiate({ rtcOfferConstraints: { iceRestart: true } }, () => {
        this.wanted = false
        this.done()
      })
    if (!sent) this.later(AGAIN, () => this.wanted)
  }
}
