// Mock: the office pages: ledger, monthly notices, figures, exports, subscribers of events.
import type { Figures, Share, Tally } from '../../src/api/figures'
import type { LedgerItem } from '../../src/api/ledger'
import type { NoticePage, Stage } from '../../src/api/notices'
import type { Webhook } from '../../src/api/webhooks'
import { house, units } from '../house'
import { json, refuse, type Answer, type Asked, type Route } from '../types'

const DAY = 86_400_000
const day = (ms: number) => new Date(ms + 28_800_000).toISOString().slice(0, 10)
const names = units
const UNITS = [...units].map(([code, name]) => ({ code, name }))
const share = (part: number, whole: number): Share => ({ part, whole })
const tally = (made: number, kept: number, missed: number, gone: number): Tally => ({ made, kept, missed, void: gone })
const me = (asked: Asked) => house(asked.tab).session?.user ?? 'house'
/** What one tab has changed shows in that tab alone. */
function perTab<T>(fresh: () => T): (asked: Asked) => T {
  const all = new Map<string, T>()
  return (asked) => {
    const found = all.get(asked.tab) ?? fresh()
    all.set(asked.tab, found)
    return found
  }
}

const MATTERS: [title: string, why: string, owner: string, due: number, reviews: string[]][] = [
  ['老旧小区加装电梯，一楼住户不同意', '须由本单元全体业主表决，一楼两户不同意，调解三次未成。', 'ZJJ', -9, ['已上门两次，一户愿意再谈。', '街道和社区再次调解，仍有一户不同意，拟请专家评估采光影响。']],
  ['河道污水口整治', '截污管线须穿越铁路，等待铁路部门批复施工窗口。', 'SLJ', -2, ['批复材料已报送。']],
  ['城中村供水管网改造', '已列入明年市级改造计划，资金未到。', 'ZJJ', 3, ['市里已立项，资金预计明年二季度下达。']],
  ['学区学位不足', '新校舍在建，明年九月投入使用。', 'JTJ', 8, []],
  ['断头路打通', '涉及一户征收诉讼，等待判决。', 'JTY', 12, ['二审已开庭。']],
  ['高压线迁改', '须由电力公司统一停电安排。', 'FGJ', 17, []],
]
function matters(): LedgerItem[] {
  const now = Date.now()
  return MATTERS.map(([title, why, owner, due, reviews], n) => ({
    id: `01JDZ4Q6B3K7T2M9X5R8W1L0${n}0`, case_no: n % 2 === 0 ? `26092400003${n}` : null, owner, owner_name: names.get(owner) ?? owner, title, why, listed_at: now - (90 - n * 9) * DAY, listed_by: n % 2 === 0 ? 'chengang' : 'admin',
    review_at: now + due * DAY, overdue: due < 0, reviews: reviews.map((text, r) => ({ at: now - (60 - r * 28) * DAY, who: 'chengang', text })), struck_at: null, struck_by: null, struck_why: null,
  }))
}
const struckOff = (): LedgerItem[] => [['人行道盲道被占', '已移位重铺。', 'ZJJ'], ['公交站候车亭缺失', '省道改造后已补建。', 'JTY'], ['农村饮水水压不足', '加压泵站已投用。', 'SLJ']].map(([title = '', why = '', owner = ''], n) => ({
  id: `01JDZ4Q6B3K7T2M9X5R8W1S0${n}0`, case_no: null, owner, owner_name: names.get(owner) ?? owner, title, why: '受施工条件限制。', listed_at: Date.now() - (200 - n * 20) * DAY, listed_by: 'admin', review_at: Date.now() - n * DAY,
  overdue: false, reviews: [], struck_at: Date.now() - (n + 1) * 3 * DAY, struck_by: 'chengang', struck_why: why,
}))
const ledger = perTab(() => ({ open: matters(), struck: struckOff() }))
const matter = (asked: Asked, act: (item: LedgerItem, at: ReturnType<typeof ledger>) => void): Answer => {
  const at = ledger(asked)
  const item = at.open.find((one) => one.id === asked.params['id'])
  if (!item) return refuse(409, 'struck_off', '该事项已销号', 'it was struck off already')(asked)
  act(item, at)
  return { status: 204 }
}

const days = (from: number, to: number) => Array.from({ length: Math.min(366, Math.max(0, Math.round((to - from) / DAY))) }, (_, n) => from + n * DAY)
/** The same figure each time, between 0 and `most`. */
const wave = (n: number, most: number) => Math.floor((Math.abs(Math.sin(n * 12.9898) * 43_758.5453) % 1) * (most + 1))

function figures(from: number, to: number): Figures {
  return {
    promises: [
      { what: 'missed_call', row: 1, ...tally(61, 60, 0, 1) }, { what: 'handover', row: 7, ...tally(318, 309, 4, 2) }, { what: 'callback', row: 8, ...tally(309, 297, 8, 1) }, { what: 'check', row: 9, ...tally(309, 304, 0, 3) },
      { what: 'echo1', row: 11, ...tally(126, 121, 2, 0) }, { what: 'work', row: 12, ...tally(126, 98, 3, 4) }, { what: 'echo2', row: 13, ...tally(126, 96, 4, 4) }, { what: 'echo3', row: 14, ...tally(101, 92, 5, 0) }, { what: 'urgent', row: 19, ...tally(0, 0, 0, 0) },
    ],
    on_time: share(297, 305), reply: share(241, 241), satisfied: share(358, 368), on_spot: share(4_018, 4_861), within_15: share(4_730, 4_902), within_30: share(4_858, 4_902), desks: share(812, 901), reachable: share(0, 0),
    last_24h: { ...share(398, 412), goal_permille: 950 },
    by_day: days(from, to).map((at, n) => {
      const calls = 140 + wave(n, 60)
      // Nobody was handed anything on some Sundays.
      const handed = new Date(at + 28_800_000).getUTCDay() === 0 ? 0 : 9 + wave(n + 7, 6)
      return { day: day(at), on_time: share(Math.max(0, handed - (wave(n, 9) > 7 ? 1 : 0)), handed), satisfied: share(Math.max(0, handed - (wave(n + 3, 9) > 6 ? 1 : 0)), handed), within_15: share(calls - wave(n, 9), calls), on_spot: share(Math.floor(calls * 0.82) - wave(n, 8), calls) }
    }),
  }
}

const STAGES: [Stage, string | null][] = [['draft', 'chengang'], ['draft', 'chengang'], ['draft', null], ['signed', 'chengang'], ['sent', 'chengang']]
function page(month: string, n: number): NoticePage {
  const unit = UNITS[n]!
  const [stage, by] = STAGES[n % STAGES.length]!
  const begin = Date.parse(`${month}-01T00:00:00+08:00`)
  const [year = 0, no = 0] = month.split('-').map(Number)
  const end = Date.UTC(year, no, 1) - 28_800_000
  const signed = stage === 'signed' || stage === 'sent' ? '张局' : null
  return {
    month, unit: unit.code, unit_name: unit.name, stage, made_at: end + 8 * 3_600_000, revision: by ? 1 : 0, edited_by: by, signed_by: signed, sent_by: stage === 'sent' ? 'admin' : null,
    work: by ? '本月共受理群众诉求 46 件，当场答复 31 件，交办 15 件，全部按时签收。' : '', problems: by ? '办理中有 2 件超过 5 个工作日，均为夜间施工噪声，主要是与施工单位沟通不及时。' : '', advice: by ? '建议安排夜间值守人员，接到噪声诉求后当晚到现场，并在一次回音中说明时限。' : '',
    figures: {
      calls: 212, cases: 46, handovers: 15, received_in_time: 15, on_time: share(14, 15), reply: share(15, 15), satisfied: share(41, 42), work: tally(15, 12, 2, 1), echo1: tally(15, 15, 0, 0), echo2: tally(14, 12, 1, 0), echo3: tally(13, 12, 1, 0),
      extensions: 1, redo: 1, reachable: share(3, 3), kinds: [{ kind: 'enquiry', count: 21 }, { kind: 'complaint', count: 13 }, { kind: 'request', count: 8 }, { kind: 'suggestion', count: 3 }, { kind: 'praise', count: 1 }],
      services: [{ code: 'S-1', name: '夜间施工噪声投诉', count: 12 }, { code: 'S-2', name: '居民身份证补领', count: 9 }, { code: 'S-3', name: '居住证签注', count: 7 }],
      by_day: days(begin, end).map((at, d) => ({ day: day(at), cases: wave(d + n, 4) })), before: { on_time: share(15, 17), reply: share(16, 17), satisfied: share(38, 39), reachable: share(0, 0) },
    },
  }
}
const notices = perTab(() => new Map<string, NoticePage>())
function one(asked: Asked): NoticePage {
  const { month = '', unit = '' } = asked.params
  const all = notices(asked)
  const key = `${month}/${unit}`
  const found = all.get(key) ?? page(month, Math.max(0, UNITS.findIndex((u) => u.code === unit)))
  all.set(key, found)
  return found
}
const signedAlready = refuse(409, 'signed_already', '已签发，不能再改', 'what is signed is not changed any more')
const editedMeanwhile = refuse(409, 'edited_meanwhile', '其他人刚刚修改过这份通报', 'somebody has changed the notice since you read it')
const HTML = (notice: NoticePage) => `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>${notice.unit_name} ${notice.month}</title><style>body{max-width:40em;margin:2em auto;font:17px/1.7 serif}h1{text-align:center;color:#a11}</style></head><body><h1>${notice.unit_name} ${notice.month} 通报</h1><p>${notice.work}</p><script>document.title='ran'</script></body></html>`

const hooks = perTab<Webhook[]>(() => [
  { name: 'city-12345', host: 'events.city.example.gov', types: ['hotline.case.opened', 'hotline.case.closed'], acked: 48_211, head: 48_211, waiting: 0, tries: 0, next_at: Date.now(), last_at: Date.now() - 40_000, last_error: null, refused: 0 },
  { name: 'statistics', host: '10.20.0.14:8443', types: [], acked: 47_990, head: 48_211, waiting: 221, tries: 6, next_at: Date.now() + 240_000, last_at: Date.now() - 80_000, last_error: 'HTTP 503', refused: 0 },
  { name: 'archive', host: 'archive.example.gov', types: ['hotline.call.ended'], acked: 48_200, head: 48_211, waiting: 11, tries: 1, next_at: 2 ** 63, last_at: Date.now() - 4_000, last_error: 'HTTP 410: paused until a replay', refused: 3 },
])
const file = (asked: Asked): Answer => ({ raw: '编号,时间\r\n', type: asked.path.endsWith('csv') ? 'text/csv; charset=utf-8' : 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' })

export const routes: Route[] = [
  ['GET', '/ledger', (asked) => {
    const at = ledger(asked)
    const struck = 257 + at.struck.length - 3
    return json({ items: asked.query.get('open') === 'false' ? at.struck : at.open, listed: struck + at.open.length, struck })
  }],
  ['POST', '/ledger', (asked) => {
    const { title, why, owner, case_no } = asked.body
    const id = `01JDZ4Q6B3K7T2M9X5R8W1N${String(ledger(asked).open.length).padStart(3, '0')}`
    ledger(asked).open.push({ id, case_no: case_no ?? null, owner, owner_name: names.get(owner) ?? owner, title, why, listed_at: Date.now(), listed_by: me(asked), review_at: Date.now() + 28 * DAY, overdue: false, reviews: [], struck_at: null, struck_by: null, struck_why: null })
    return json({ id }, 201)
  }],
  ['POST', '/ledger/:id/review', (asked) => matter(asked, (item) => {
    item.reviews.push({ at: Date.now(), who: me(asked), text: asked.body.text })
    Object.assign(item, { review_at: Date.now() + 28 * DAY, overdue: false })
  })],
  ['POST', '/ledger/:id/strike', (asked) => matter(asked, (item, at) => {
    at.open.splice(at.open.indexOf(item), 1)
    at.struck.unshift({ ...item, struck_at: Date.now(), struck_by: me(asked), struck_why: asked.body.why })
  })],
  ['GET', '/figures', (asked) => json(figures(Number(asked.query.get('from')), Number(asked.query.get('to'))))],
  ['GET', '/notices', (asked) => json({ notices: UNITS.slice(0, 12).map((unit) => ({ ...one({ ...asked, params: { month: asked.query.get('month') ?? '', unit: unit.code } }), figures: undefined })) })],
  ['GET', '/notices/:month/:unit', (asked) => json(one(asked))],
  ['PUT', '/notices/:month/:unit', (asked) => {
    if (one(asked).stage !== 'draft') return signedAlready(asked)
    const { revision, ...parts } = asked.body as { revision: number } & Record<string, string>
    if (revision !== one(asked).revision) return editedMeanwhile(asked)
    const texts = Object.fromEntries(Object.entries(parts).map(([part, text]) => [part, String(text).trim()]))
    Object.assign(one(asked), texts, { edited_by: me(asked), revision: revision + 1 })
    return { status: 204 }
  }],
  ['POST', '/notices/:month/:unit/sign', (asked) => {
    if (one(asked).stage !== 'draft') return signedAlready(asked)
    if (asked.body.revision !== one(asked).revision) return editedMeanwhile(asked)
    Object.assign(one(asked), { stage: 'signed', signed_by: me(asked) })
    return { status: 204 }
  }],
  ['POST', '/notices/:month/:unit/sent', (asked) => {
    Object.assign(one(asked), { stage: 'sent', sent_by: me(asked) })
    return { status: 204 }
  }],
  ['GET', '/notices/:month/:unit/html', (asked) => ({ raw: HTML(one(asked)), type: 'text/html; charset=utf-8' })],
  ['GET', '/notices/:month/:unit/pdf', () => ({ raw: '%PDF-1.7\n', type: 'application/pdf' })],
  ['GET', '/exports/:table', file],
  ['GET', '/webhooks', (asked) => json({ webhooks: hooks(asked) })],
  ['POST', '/webhooks/:name/replay', (asked) => {
    const hook = hooks(asked).find((one) => one.name === asked.params['name'])
    if (hook) Object.assign(hook, { acked: asked.body.from - 1, waiting: hook.head - asked.body.from + 1 })
    return { status: 204 }
  }],
]
