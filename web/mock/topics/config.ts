// Mock: configuration, draft, rehearsal, versions, calendar, trunks. A draft belongs to a tab.
import { getStaticTOMLValue, parseTOML } from 'toml-eslint-parser'
import type { Day, Fault, Rehearsal, VersionPage } from '../../src/api/config'
import type { Model } from '../../src/api/model'
import { apply, diff, model, shipped, type Files } from '../files'
import { house } from '../house'
import { json, refuse, type Asked, type Route } from '../types'

interface Draft {
  by: string
  since: number
  files: Files
  rehearsed: { ok: boolean; at: number } | null
  result: Rehearsal | null
  stale: boolean
}
interface Room {
  files: Files
  versions: VersionPage[]
  draft: Draft | null
}

const TRUNK = `
[[trunk]]
name = "telecom"                    # 电信，主用
nets = ["192.0.2.0/29"]
proxy = "sip:sbc.example.com;transport=tls"
user = "053589000"
register = true
channels = 60
caller = "053589000"
form = "national"

[[trunk]]
name = "unicom"                     # 联通，备用
nets = ["198.51.100.16/29"]
proxy = "198.51.100.18:5060"
order = 2
channels = 30
`
const rooms = new Map<string, Room>()

function room(asked: Asked): Room {
  let found = rooms.get(asked.tab)
  if (!found) {
    const files = shipped()
    files.set('trunks.toml', (files.get('trunks.toml') ?? '') + TRUNK)
    const at = (days: number) => Date.now() - days * 86_400_000
    const base = { hash: 'b1946ac92492d2347c6235b4d2611184c0ffee5a', diff: [] }
    const extra = new Map(files).set('calendar/hours.toml', (files.get('calendar/hours.toml') ?? '').replace('saturday = ["09:00-12:00"]', 'saturday = ["09:00-11:30"]'))
    found = {
      files,
      draft: null,
      versions: [
        { id: '7', at: at(2), author: '管理员', comment: '户籍窗口周六上午延长到 12 点', ...base, diff: diff(extra, files) },
        { id: '6', at: at(9), author: '王工', comment: '联通备用线路上线', ...base, diff: diff(shipped(), files).filter((d) => d.file === 'trunks.toml') },
        { id: '5', at: at(40), author: '管理员', comment: '首次发布', ...base },
      ],
    }
    rooms.set(asked.tab, found)
  }
  return found
}

/** A few of the faults that the house finds, with its words. */
function faults(files: Files): Fault[] {
  const found: Fault[] = []
  for (const [file, text] of files) {
    try {
      if (file.endsWith('.toml')) getStaticTOMLValue(parseTOML(text))
    } catch (error) {
      found.push({ file, line: (error as { lineNumber?: number }).lineNumber ?? 1, severity: 'error', zh: `TOML 语法错误：${String((error as Error).message)}`, en: `TOML syntax: ${String((error as Error).message)}`, suggestion: { zh: '按 TOML 语法改正这一行', en: 'Mend this line by the rules of TOML' } })
    }
  }
  if (found.length > 0) return found
  const all = model(files) as unknown as Model
  const spot = (file: string, words: RegExp, near: string) => {
    const lines = (files.get(file) ?? '').split('\n')
    const line = lines.findIndex((l) => words.test(l))
    return { file, line: line + 1, column: Math.max(0, lines[line]?.indexOf(near) ?? 0) + 1 }
  }
  const staff = new Set(all.staff.map((s) => s.no))
  for (const desk of all.desks) {
    for (const no of desk.members ?? []) {
      if (!staff.has(no)) found.push({ ...spot('desks.toml', new RegExp(`no = "${desk.no}"`), 'members'), severity: 'error', zh: `没有工号“${no}”`, en: `there is no staff "${no}"`, suggestion: { zh: '在 staff.toml 中登记，或改正工号', en: 'List it in staff.toml, or mend the number' } })
    }
  }
  for (const [name, menu] of Object.entries(all.menus.menu ?? {})) {
    for (const [key, way] of Object.entries(menu.keys ?? {})) {
      const to = /^menu (\S+)$/.exec(way)?.[1]
      if (to && !all.menus.menu?.[to]) found.push({ ...spot('menus.toml', new RegExp(`${key.replace('*', '\\*')}"? = "${way}"`), way), severity: 'error', zh: `没有菜单“${to}”`, en: `there is no menu "${to}"`, suggestion: { zh: '核对名称', en: 'Check the name' } })
    }
    void name
  }
  const calls = Number(all.routing.limits?.['max_calls'] ?? 500)
  if (calls > 10_000 || calls < 1) found.push({ ...spot('routing.toml', /^max_calls/, 'max_calls'), severity: 'error', zh: `“max_calls”的值 ${calls} 超出范围`, en: `${calls} is out of range for "max_calls"`, suggestion: { zh: '应在 1 到 10000 之间', en: 'Write 1 to 10000' } })
  const silence = Number(all.menus.greeting?.['music_after'] ?? 8)
  if (silence >= Number(all.menus.greeting?.['announce_after'] ?? 20)) found.push({ ...spot('menus.toml', /^music_after/, 'music_after'), severity: 'error', zh: '“music_after”必须小于“announce_after”', en: '"music_after" must be less than "announce_after"' })
  return found
}

const me = (asked: Asked) => house(asked.tab).session?.user ?? 'admin'
function answer(asked: Asked) {
  const { draft, files } = room(asked)
  const now = draft?.files ?? files
  return json({ faults: faults(now), diff: diff(files, now) })
}
function write(asked: Asked, next: (files: Files) => Files) {
  const { draft } = room(asked)
  if (!draft) return refuse(409, 'no_draft', '没有草稿，请先开始修改。', 'There is no draft; begin one first.')(asked)
  draft.files = next(draft.files)
  draft.rehearsed = draft.result = null
  return answer(asked)
}

function rehearsal(asked: Asked): Rehearsal {
  const { draft, files } = room(asked)
  const bad = draft ? faults(draft.files) : []
  const changed = draft ? diff(files, draft.files).length : 0
  const call = (n: number) => `01JDZ4Q6B3K7T2M9X5R8W1N${String(n).padStart(3, '0')}`
  return {
    ok: bad.length === 0,
    faults: bad,
    proof: { paths: 18_432, minutes: 525_600, desks: 98, open_ends: bad.length ? [{ zh: '按 2 后输入 012#，窗口不办公，也没有话务员可接。', en: 'After 2 and 012# the window is closed and no operator can answer.', at: Date.now(), number: '89000', keys: '2 012#' }] : [] },
    replay: {
      calls: 2841,
      same: 2841 - changed * 2,
      differ: Array.from({ length: changed * 2 }, (_, n) => ({
        call: call(n + 1), offered_at: Date.now() - n * 7_200_000 - 3_600_000,
        was: { zh: '等 61 秒后提出回电，来电者按 1。', en: 'A call-back was offered after 61 s, and taken.' },
        would: { zh: '等 45 秒就提出回电。', en: 'The offer would come after 45 s.' },
      })),
    },
    took_ms: 6_420,
  }
}

function year(no: number): Day[] {
  const listed = new Map<string, { name: string; isOffDay: boolean }>()
  for (const [name, text] of shipped()) {
    if (!name.endsWith('.json')) continue
    for (const day of (JSON.parse(text) as { days: { name: string; date: string; isOffDay: boolean }[] }).days) listed.set(day.date, day)
  }
  const days: Day[] = []
  for (let at = Date.UTC(no, 0, 1); new Date(at).getUTCFullYear() === no; at += 86_400_000) {
    const date = new Date(at).toISOString().slice(0, 10)
    const day = listed.get(date)
    const rest = [0, 6].includes(new Date(at).getUTCDay())
    days.push(day ? { date, kind: day.isOffDay ? 'holiday' : 'make_up', name: day.name } : { date, kind: rest ? 'rest' : 'work' })
  }
  return days
}

const trunks = () => [
  { name: 'telecom', up: true, state: 'up', zh: '畅通：已注册，最近一次探测有应答。', en: 'Up: registered, and the last question was answered.', since: Date.now() - 9 * 86_400_000, registered_until: Date.now() + 2_400_000, last_heard: Date.now() - 12_000, last_status: 200, taken: 7, channels: 60, destinations: [{ to: 'tls 192.0.2.1:5061', good: true }, { to: 'tls 192.0.2.2:5061', good: true }] },
  { name: 'unicom', up: false, state: 'silent', zh: '不通：连续 3 次探测没有应答。请检查对端是否开放了本机地址，或防火墙。', en: 'Down: three questions in a row had no answer. Check whether the far end admits our address, and the firewall.', since: Date.now() - 5_400_000, registered_until: null, last_heard: Date.now() - 5_490_000, last_status: 200, taken: 0, channels: 30, destinations: [{ to: 'udp 198.51.100.18:5060', good: false }] },
]

export const routes: Route[] = [
  ['GET', '/config', (asked) => {
    const { files, draft, versions } = room(asked)
    const [last] = versions
    const shown = asked.query.get('draft') === 'true' && draft ? draft.files : files
    const common = { version: last?.id, author: last?.author, at: last?.at, comment: last?.comment, draft: draft && { by: draft.by, since: draft.since, based_on: last?.id, stale: draft.stale } }
    let read: Record<string, unknown>
    try {
      read = model(shown)
    } catch {
      read = model(files)
    }
    const more = draft && shown === draft.files ? { faults: faults(shown), diff: diff(files, shown), rehearsed: draft.rehearsed } : {}
    return json({ ...common, ...more, files: [...shown].map(([name, text]) => ({ name, text })), model: read })
  }],
  ['POST', '/config/draft', (asked) => {
    const at = room(asked)
    if (at.draft && asked.body.take_over) at.draft.by = me(asked)
    at.draft ??= { by: asked.body.by ?? me(asked), since: Date.now() - (asked.body.by ? 1_800_000 : 0), files: new Map(at.files), rehearsed: null, result: null, stale: false }
    return json({}, 201)
  }],
  ['DELETE', '/config/draft', (asked) => {
    room(asked).draft = null
    return { status: 204 }
  }],
  ['PATCH', '/config/draft', (asked) => write(asked, (files) => apply(files, asked.body.edits))],
  ['PUT', '/config/draft/files/:name', (asked) => write(asked, (files) => new Map(files).set(asked.params['name']!, asked.body.text))],
  ['POST', '/config/draft/rehearse', async (asked) => {
    await new Promise((resolve) => setTimeout(resolve, 300))
    const { draft } = room(asked)
    const result = rehearsal(asked)
    if (draft) Object.assign(draft, { result, rehearsed: { ok: result.ok, at: Date.now() } })
    return json(result)
  }],
  ['GET', '/config/draft/rehearsal', (asked) => json({ running: false, share: 1, result: room(asked).draft?.result ?? null })],
  ['POST', '/config/draft/publish', (asked) => {
    const at = room(asked)
    const { draft } = at
    if (!draft?.rehearsed?.ok) return refuse(409, 'not_rehearsed', '草稿还没有预演。', 'The draft is not rehearsed.')(asked)
    const id = String(Number(at.versions[0]?.id ?? 0) + 1)
    at.versions.unshift({ id, at: Date.now(), author: me(asked), comment: asked.body.comment, hash: '5d41402abc4b2a76b9719d911017c592', diff: diff(at.files, draft.files) })
    at.files = draft.files
    at.draft = null
    return json({ version: id })
  }],
  ['GET', '/config/versions', (asked) => json({ versions: room(asked).versions.map((v) => ({ ...v, diff: undefined })) })],
  ['GET', '/config/versions/:id', (asked) => json(room(asked).versions.find((v) => v.id === asked.params['id']))],
  ['POST', '/config/versions/:id/restore', (asked) => {
    const at = room(asked)
    const id = String(Number(at.versions[0]?.id ?? 0) + 1)
    at.versions.unshift({ id, at: Date.now(), author: me(asked), comment: asked.body.comment, hash: 'e4da3b7fbbce2345d7772b0674a318d5', diff: [] })
    return json({ version: id })
  }],
  ['POST', '/rehearsal/route', (asked) => {
    const at = Number(asked.body.at)
    const step = (s: number, zh: string, en: string, why_zh = '', why_en = '') => ({ at_ms: at + s * 1000, zh, en, why_zh, why_en })
    return json({
      steps: [
        step(0, '接听，播放 P01、P02', 'Answered; P01 and P02 are said', '89000 是本热线的号码；录音告知不能被按键打断。', '89000 is one of our numbers; the recording notice can not be cut short.'),
        step(0, '呼叫话务员 1001', 'Operator 1001 is rung', 'profile = direct：从第 0 秒起呼叫。', 'profile = direct: from second 0.'),
        ...(asked.body.keys ? [step(7, `按键 ${asked.body.keys}：菜单 desk，窗口 012 户籍一号窗口`, `Keys ${asked.body.keys}: menu desk, window 012`, '窗口此刻办公：周一至周五 08:30-12:00。', 'The window is open: Monday to Friday 08:30-12:00.')] : []),
        step(20, '1001 没有接听，改呼 1002', '1001 does not answer, 1002 is rung', 'operators.ring = 20 秒。', 'operators.ring = 20 s.'),
      ],
      end: { zh: '话务员 1002 接听。', en: 'Operator 1002 answers.' },
    })
  }],
  ['GET', '/calendar/:year', (asked) => json({ year: Number(asked.params['year']), noticed: Number(asked.params['year']) < 2027, days: year(Number(asked.params['year'])) })],
  ['GET', '/trunks', () => json({ trunks: trunks() })],
  ['POST', '/trunks/:name/doctor', () => json({
    findings: [
      { level: 'good', zh: '域名 sbc.example.com 解析到 192.0.2.1、192.0.2.2。', en: 'sbc.example.com leads to 192.0.2.1 and 192.0.2.2.' },
      { level: 'good', zh: 'TLS 连接成功，证书有效到 2027-03-01。', en: 'TLS connects; the certificate is good until 2027-03-01.' },
      { level: 'warning', zh: '对端的 SDP 写的是内网地址 10.0.0.5，收到 0 个语音包。', en: 'Their SDP names the private address 10.0.0.5; 0 packets came.' },
      { level: 'fault', zh: '对端不认 RFC 4733 按键，只认 SIP INFO。', en: 'They do not take RFC 4733 keys, only SIP INFO.' },
    ],
    proposal: ['dtmf = "info"', 'codecs = ["pcmu", "pcma"]', 'channels = 60'],
  })],
  ['POST', '/trunks/:name/test-call', () => json({ findings: [{ level: 'good', zh: '接通：180 之后 200，往返语音正常。', en: 'Answered: 180, then 200; sound both ways.' }] })],
]
