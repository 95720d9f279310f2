// Mock: the black box of a three-way call, with script payloads in its headers, and the sound to it.
import type { Box, Message } from '../../src/api/box'
import { encodeWav } from '../../src/sound/wav'
import { json, type Route } from '../types'

const START = Date.now() - 3_600_000
const at = (s: number) => START + Math.round(s * 1000)
const CALL = '01JDZ4Q6B3K7T2M9X5R8W1N0CV'
const EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>'

function message(s: number, from: string, to: string, line: string, more: string[] = []): Message {
  const head = [line, 'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK776', `From: "${EVIL}" <sip:138****1234@carrier>;tag=a1`, 'To: <sip:89000@hotline>', 'Call-ID: 3848276298220188511', 'CSeq: 1 INVITE', `User-Agent: ${EVIL}`, ...more, 'Content-Length: 0', '']
  return { at: at(s), from, to, line, text: head.join('\r\n') }
}
const T = 'trunk telecom'
const H = 'hotline'
const O = 'op1 (1001)'
const D = 'desk012 (2012)'
const messages = [
  message(0, T, H, 'INVITE sip:89000@hotline SIP/2.0', ['Content-Type: application/sdp', '', 'v=0', 'o=- 1 1 IN IP4 10.0.0.5', 'c=IN IP4 10.0.0.5', 'm=audio 40000 RTP/AVP 8 101']),
  message(0.02, H, T, 'SIP/2.0 100 Trying'),
  message(0.05, H, T, 'SIP/2.0 180 Ringing'),
  message(0.3, H, T, 'SIP/2.0 200 OK'),
  message(0.34, T, H, 'ACK sip:89000@hotline SIP/2.0'),
  message(0.4, H, O, 'INVITE sip:op1@192.0.2.50 SIP/2.0'),
  message(0.6, O, H, 'SIP/2.0 180 Ringing'),
  message(7.2, O, H, 'SIP/2.0 200 OK'),
  message(7.3, H, O, 'ACK sip:op1@192.0.2.50 SIP/2.0'),
  message(40, H, D, 'INVITE sip:desk012@192.0.2.60 SIP/2.0'),
  message(40.2, D, H, 'SIP/2.0 180 Ringing'),
  message(46, D, H, 'SIP/2.0 486 Busy Here'),
  message(46.1, H, D, 'ACK sip:desk012@192.0.2.60 SIP/2.0'),
  message(46.3, H, 'desk013 (2013)', 'INVITE sip:desk013@192.0.2.61 SIP/2.0'),
  message(51, 'desk013 (2013)', H, 'SIP/2.0 200 OK'),
  message(118, T, H, 'BYE sip:89000@hotline SIP/2.0', ['Reason: Q.850;cause=16']),
  message(118.1, H, T, 'SIP/2.0 200 OK'),
]
const kinds: [number, string, string, string][] = [
  [0, 'call.offered', 'citizen', ''], [0.3, 'call.answered', 'house', ''], [0.3, 'room.created', 'house', ''], [0.4, 'agent.ring', 'operator:1001', ''],
  [4.1, 'ivr.prompt', 'house', 'opening'], [6, 'ivr.digit', 'citizen', 'menu=root'], [7.2, 'agent.answer', 'operator:1001', ''], [40, 'room.ringing', 'operator:1001', 'desk=012'],
  [46, 'leg.failed', 'desk:012', ''], [51, 'leg.answered', 'desk:013', ''], [54, 'leg.whisper', 'desk:013', ''], [57, 'leg.accepted', 'desk:013', ''],
  [57.1, 'room.bridged', 'house', ''], [80, 'leg.hold', 'desk:013', ''], [88, 'leg.unhold', 'desk:013', ''], [118, 'call.ended', 'citizen', 'outcome=bridged'],
]
const busy = { side: 'callee', reason: 'busy', sip_status: 486, q850_cause: 17, zh: '窗口的话机占线。', en: 'The phone of the window is busy.', advice_zh: '', advice_en: '' }

const TRACKS = ['mix', 'house', 'citizen', 'operator', 'desk']
const curve = (leg: number, codec: string, loss: number) => ({
  leg, codec, loss, jitter_ms: 6.4 + leg, mos: 4.2 - loss * 10, round_trip_ms: leg === 1 ? null : 42 + leg, far_loss: leg === 1 ? null : loss / 2, far_mos: leg === 2 ? 4.1 : null, packets_in: leg === 1 ? 0 : 5_400, packets_out: 5_880, fault_zh: leg === 1 ? '收到 0 个包，对方写的是内网地址' : null, fault_en: leg === 1 ? '0 packets came; they announced a private address' : null,
  samples: Array.from({ length: 23 }, (_, n) => ({ at: at(5 + n * 5), loss: Math.max(0, loss * (1 + Math.sin(n / 2 + leg))), jitter_ms: 6 + leg + 3 * Math.sin(n + leg), mos: 4.3 - loss * 8 * (1 + Math.sin(n / 2 + leg)) })),
})

function box(id: string): Box {
  return {
    call: {
      id, direction: 'in', did: '89000', trunk: 'telecom', phone: null, sip_call_id: '3848276298220188511', caller_masked: '138****1234', diverted_masked: '', lang: 'zh-CN', config_version: '7',
      offered_at: START, answered_at: at(0.3), ended_at: at(118), notice_played_at: at(6), wait_ms: 7_200, queue_ms: 7_000, operator_id: '1001', operator_name: '王丽', outcome: 'bridged',
      cause: { reason: 'one_way', zh: '', en: '' }, case_no: '261130000017', urgent: false,
    },
    verdict: {
      zh: '中继 telecom 单向无声：对方 SDP 写的是内网地址 10.0.0.5，收到 0 个语音包。', en: 'One-way sound on trunk telecom: their SDP names the private address 10.0.0.5, 0 packets came.',
      advice_zh: '请运营商在 SDP 中写公网地址；或在“中继”中查看诊断建议。', advice_en: 'Ask the carrier to write their public address into the SDP, or see the doctor of the trunk.',
    },
    ladder: { parties: [T, H, O, D], messages },
    seats: [
      { leg: 1, seat: 'citizen', party_ref: '', name: '', from: at(0.3), to: at(118), spans: [{ state: 'joined', from: at(0.3), to: at(118) }] },
      { leg: 2, seat: 'operator', party_ref: '1001', name: '王丽', from: at(0.4), to: at(118), spans: [{ state: 'ringing', from: at(0.4), to: at(7.2) }, { state: 'joined', from: at(7.2), to: at(118) }] },
      { leg: 3, seat: 'desk', party_ref: '012', name: '李敏', desk_name: '户籍一号窗口', from: at(40), to: at(46), spans: [{ state: 'ringing', from: at(40), to: at(46) }] },
      { leg: 4, seat: 'desk', party_ref: '013', name: '赵强', desk_name: '户籍二号窗口', from: at(46.3), to: at(118), spans: [{ state: 'ringing', from: at(46.3), to: at(51) }, { state: 'whisper', from: at(51), to: at(57) }, { state: 'joined', from: at(57), to: at(80) }, { state: 'held', from: at(80), to: at(88) }, { state: 'joined', from: at(88), to: at(118) }] },
    ],
    events: kinds.map(([s, kind, actor, detail], n) => ({ call_id: id, seq: n + 1, at: at(s), kind, leg: null, actor, cause: kind === 'leg.failed' ? busy : null, detail })),
    decisions: [
      { at: at(0), zh: '89000 是本热线的号码，按 direct 方式接听。', en: '89000 is one of our numbers; taken in profile direct.', config_version: '7' },
      { at: at(0.4), zh: '技能 general：1001 空闲最久，先呼叫。', en: 'Skill general: 1001 has been idle longest and is rung.', config_version: '7' },
      { at: at(46.1), zh: '窗口 012 占线，换同组的 013。', en: 'Window 012 is busy; the next of its group, 013, is rung.', config_version: '7' },
    ],
    digits_masked: [{ at: at(6), leg: 1, mode: 'rfc4733', key: '•' }, { at: at(57), leg: 4, mode: 'rfc4733', key: '•' }],
    quality: [curve(1, 'PCMA', 0.011), curve(2, 'PCMA', 0.002), curve(4, 'opus', 0.03)],
    recordings: [
      { no: 1, kind: 'mix', leg: null, tracks: TRACKS, started_at: at(0.3), duration_ms: 117_700, url: '' },
      { no: 2, kind: 'private', leg: 4, tracks: ['desk'], started_at: at(51), duration_ms: 6_000, url: '' },
    ],
    exports: { pcap: true, vcon: true, wav: true },
  }
}
const loud = (no: number, i: number) => Math.min(1, Math.abs(Math.sin(i / (7 + no)) * Math.sin(i / 61 + no)) * (0.5 + 0.5 * Math.abs(Math.sin(i / 17))))

const quiet = (name: string, s: number) => (name === 'house' && s > 7) || (name === 'operator' && s < 7) || (name === 'desk' && s < 57)

export const routes: Route[] = [
  ['GET', '/calls/:id/box', (asked) => json(box(asked.params['id'] ?? CALL))],
  ['GET', '/calls/:id/peaks/:no', (asked) => {
    const no = Number(asked.params['no'])
    const of = box(CALL).recordings.find((r) => r.no === no)
    return json({ per_second: 20, tracks: (of?.tracks ?? []).map((name, n) => ({ name, peaks: Array.from({ length: Math.round((of?.duration_ms ?? 0) / 50) }, (_, i) => (quiet(name, i / 20) ? 0 : loud(n, i))) })) })
  }],
  ['GET', '/calls/:id/recordings/:no', () => ({ raw: new Uint8Array(encodeWav(Float32Array.from({ length: 160_000 }, (_, i) => 0.3 * Math.sin(i / 6)), 16_000)), type: 'audio/wav' })],
  ['GET', '/calls/:id/pcap', () => ({ raw: new Uint8Array(24), type: 'application/vnd.tcpdump.pcap' })],
  ['GET', '/calls/:id/vcon', () => json({ vcon: '0.0.1' })],
]
