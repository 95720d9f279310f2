// Mock: just enough SIP over WebSocket (RFC 7118) for JsSIP to register, ring and answer. No sound flows.
import type { Server } from 'node:http'
import { WebSocketServer, type WebSocket } from 'ws'
import { go, house, type Moment } from './house'

const SDP = [
  'v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0', 'm=audio 9 UDP/TLS/RTP/SAVPF 8 0 101', 'c=IN IP4 127.0.0.1',
  'a=mid:0', 'a=sendrecv', 'a=rtcp-mux', 'a=rtpmap:8 PCMA/8000', 'a=rtpmap:0 PCMU/8000', 'a=rtpmap:101 telephone-event/8000',
  'a=ice-ufrag:mock', 'a=ice-pwd:mockmockmockmockmockmock', 'a=setup:actpass',
  `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}`, 'a=candidate:1 1 udp 2130706431 127.0.0.1 40000 typ host', '',
].join('\r\n')

const header = (message: string, name: string) => new RegExp(`^${name}: *(.*)$`, 'im').exec(message)?.[1]?.trim() ?? ''

function answer(message: string, status: string, more: string[] = [], body = ''): string {
  const via = [...message.matchAll(/^Via: .*$/gim)].map((m) => m[0].trim())
  const to = header(message, 'To')
  return [
    `SIP/2.0 ${status}`, ...via, `From: ${header(message, 'From')}`, `To: ${to.includes('tag=') ? to : `${to};tag=mock`}`, `Call-ID: ${header(message, 'Call-ID')}`,
    `CSeq: ${header(message, 'CSeq')}`, ...more, ...(body ? ['Content-Type: application/sdp'] : []), `Content-Length: ${Buffer.byteLength(body)}`, '', body,
  ].join('\r\n')
}

class Line {
  private contact = ''
  private ringing: string | null = null
  private talking: string | null = null
  private serial = 0

  constructor(private readonly socket: WebSocket, private readonly tab: string) {
    const watch = () => this.follow(house(tab).moment)
    house(tab).listeners.add(watch)
    socket.on('message', (data) => this.take(String(data)))
    socket.on('close', () => house(tab).listeners.delete(watch))
  }

  private follow(moment: Moment) {
    const wanted = ['ringing', 'invite', 'recover', 'connect'].includes(moment)
    const busy = ['talk', 'consult', 'bridging', 'three', 'desk_talk', 'whisper', 'connected'].includes(moment)
    if (wanted && !this.ringing && !this.talking) this.invite()
    if (!wanted && !busy) this.end()
  }

  private request(method: string, id: string, more: string[] = [], body = '') {
    this.serial += 1
    const cseq = method === 'CANCEL' || method === 'ACK' ? this.serial - 1 : this.serial
    this.socket.send([
      `${method} ${this.contact} SIP/2.0`, `Via: SIP/2.0/WS mock.invalid;branch=z9hG4bK${id}${cseq}`, 'Max-Forwards: 69', 'From: "89000" <sip:89000@hotline>;tag=house',
      `To: <${this.contact}>${this.talking && method !== 'INVITE' ? ';tag=' + this.talking : ''}`, `Call-ID: ${id}`, `CSeq: ${cseq} ${method}`, 'Contact: <sip:house@mock.invalid;transport=ws>',
      ...more, ...(body ? ['Content-Type: application/sdp'] : []), `Content-Length: ${Buffer.byteLength(body)}`, '', body,
    ].join('\r\n'))
  }

  private id = ''
  private invite() {
    if (!this.contact) return
    this.id = `mock-${Date.now()}`
    this.ringing = this.id
    this.request('INVITE', this.id, [], SDP)
  }

  private end() {
    if (this.ringing) this.request('CANCEL', this.id)
    else if (this.talking) this.request('BYE', this.id)
    this.ringing = this.talking = null
  }

  private take(message: string) {
    if (message.startsWith('SIP/2.0')) return this.response(message)
    const method = message.split(' ', 1)[0]
    if (method === 'REGISTER') {
      this.contact = /<([^>]*)>/.exec(header(message, 'Contact'))?.[1] ?? ''
      this.socket.send(answer(message, '200 OK', [`Contact: <${this.contact}>;expires=600`]))
      this.follow(house(this.tab).moment)
    } else if (method === 'INVITE') {
      this.id = header(message, 'Call-ID')
      this.socket.send(answer(message, '180 Ringing', ['Contact: <sip:house@mock.invalid;transport=ws>']))
    } else if (method === 'CANCEL') {
      this.socket.send(answer(message, '200 OK'))
    } else if (method === 'BYE') {
      this.socket.send(answer(message, '200 OK'))
      this.talking = null
      const at = house(this.tab)
      go(at, at.session?.role === 'operator' ? 'wrap_up' : 'idle')
    } else if (method !== 'ACK') {
      this.socket.send(answer(message, '200 OK'))
    }
  }

  private response(message: string) {
    if (!/INVITE$/i.test(header(message, 'CSeq')) || !/^SIP\/2\.0 [2-6]/.test(message)) return
    this.ringing = null
    const good = message.startsWith('SIP/2.0 2')
    this.talking = good ? (/tag=([^;\s]+)/.exec(header(message, 'To'))?.[1] ?? '') : null
    this.request('ACK', this.id)
    const at = house(this.tab)
    if (good && at.moment === 'ringing') go(at, 'talk')
    if (good && at.moment === 'invite') go(at, 'whisper')
    if (good && at.moment === 'recover') go(at, 'three')
    if (good && at.moment === 'connect') go(at, 'connected')
  }
}

export function listen(server: Server | null) {
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'sip' })
  server?.on('upgrade', (request, socket, head) => {
    const url = new URL(request.url ?? '/', 'http://mock')
    if (url.pathname !== '/sip') return
    sockets.handleUpgrade(request, socket, head, (ws) => void new Line(ws, url.searchParams.get('tab') ?? 'main'))
  })
}
