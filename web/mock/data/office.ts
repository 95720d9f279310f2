// Mock: the office around the cases: hand-overs of all units, escalations, follow-ups, missed calls, ledger, notices, figures.
import type { FigureDay, Figures, NoticeFigures, NoticePage, Share, Stage, Tally, Webhook } from '../../src/api/figures'
import type { Ask, BadScore, CallBack, Escalation, Handover, LedgerItem } from '../../src/api/promises'
import { ago, handover, PROOF } from './cases'

const MINUTE = 60_000
const HOUR = 3_600_000
const DAY = 86_400_000
const share = (part: number, whole: number): Share => ({ whole, part })
const tally = (made: number, missed: number, gone = 0, open = 0): Tally => ({ made, kept: made - missed - gone - open, missed, void: gone })

const received = (minutes: number, seconds = 0) => {
  const at = ago(minutes * MINUTE + seconds * 1000)
  return { planned_at: at - 4 * MINUTE, made_at: at - 4 * MINUTE, received_at: at, channel: 'keys' as const, case_state: 'accepted', call_back: { due_at: at + 10 * MINUTE, ended_at: null, ending: null, proof: null }, work_due_at: at + 7 * DAY }
}
export const HANDOVERS: Handover[] = [
  handover('261130000017', '小区北门外路灯不亮', 'ZHZF', '综合行政执法局', { ...received(7, 20), received_by: '3022' }),
  handover('261130000116', '居住证到期如何续签', 'GAJ', '公安分局', { ...received(8, 35), received_by: '2012', kind: 'enquiry' }),
  handover('261130000108', '下水道堵塞污水外溢', 'ZJJ', '住房和城乡建设局', { ...received(12, 11), received_by: '3014', kind: 'complaint' }),
  handover('261130000132', '社保卡补办多久能取', 'RSJ', '人力资源和社会保障局', { ...received(1, 40), received_by: '3011', kind: 'enquiry' }),
  handover('261130000025', '老人晕倒，社区卫生站无人', 'WJJ', '卫生健康局', { urgent: true, planned_at: ago(90_000), made_at: ago(90_000), may_connect: false }),
  handover('261130000140', '食品店无证经营', 'SCJ', '市场监督管理局', { planned_at: ago(-10 * HOUR), made_at: null, may_connect: false, kind: 'report' }),
  handover('261129000152', '居住证签注', 'GAJ', '公安分局', { planned_at: ago(DAY), made_at: ago(DAY), refused_at: ago(DAY - 20 * MINUTE), refuse_reason: '由街道便民服务中心受理', case_state: 'returned', may_connect: false }),
  handover('261127000088', '公园健身器材损坏', 'WLJ', '文化和旅游局', { planned_at: ago(3 * DAY), made_at: ago(3 * DAY), received_at: ago(3 * DAY - 6 * MINUTE), received_by: '3019', channel: 'keys', case_state: 'in_progress', call_back: { due_at: ago(3 * DAY - 16 * MINUTE), ended_at: ago(3 * DAY - 13 * MINUTE), ending: 'kept', proof: 'proven' }, work_due_at: ago(9 * HOUR) }),
  handover('261124000046', '夜间施工噪声扰民', 'HBJ', '生态环境分局', { round: 2, no: 3, planned_at: ago(6 * DAY), made_at: ago(6 * DAY), received_at: ago(6 * DAY - 9 * MINUTE), received_by: '3013', channel: 'operator', case_state: 'extension_asked', call_back: { due_at: ago(6 * DAY - 19 * MINUTE), ended_at: ago(6 * DAY - 19 * MINUTE), ending: 'missed', proof: null }, work_due_at: ago(-2 * HOUR) }),
]
/** What the window of the mock answers for. */
export const OWN_UNITS = new Set(['GAJ', 'ZHZF'])

const esc = (id: string, minutes: number, news: string, case_no: string | null, unit: string | null, unit_name: string | null, more: Partial<Escalation> = {}): Escalation => ({
  id, at: ago(minutes * MINUTE), reader: 'lead', news, case_no, owner: case_no ? `case/${id}` : 'ledger/1', unit, unit_name, seen_at: null, seen_by: null, ...more,
})
export const ESCALATIONS: Escalation[] = [
  esc('e1', 2, 'no_call_back', '261130000108', 'ZJJ', '住房和城乡建设局'), esc('e2', 1, 'nobody_acknowledged', '261130000025', 'WJJ', '卫生健康局'), esc('e3', 300, 'extension_asked', '261124000046', 'HBJ', '生态环境分局'),
  esc('e4', 70, 'not_reached', '261126000113', 'ZJJ', '住房和城乡建设局'), esc('e5', 540, 'overdue', '261127000088', 'WLJ', '文化和旅游局'), esc('e6', 1500, 'returned', '261129000152', 'GAJ', '公安分局'),
  esc('e7', 660, 'notice_ready', null, 'ZHZF', '综合行政执法局', { owner: 'notice/2026-10/ZHZF' }), esc('e8', 2900, 'review', null, 'SLJ', '水利局', { reader: 'owner' }), esc('e9', 4400, 'not_satisfied', '261124000046', 'HBJ', '生态环境分局', { seen_at: ago(4300 * MINUTE), seen_by: '1009' }),
]

export const ASKS: Ask[] = [
  { case_no: '261126000113', call: null, what: 'echo3', since: ago(70 * MINUTE), tries: 3, title: '公租房申请进度查询', unit_name: '住房和城乡建设局', applicant_masked: '李* 186****0907' },
  { case_no: '261130000017', call: null, what: 'check', since: ago(12 * MINUTE), tries: 1, title: '小区北门外路灯不亮', unit_name: '综合行政执法局', applicant_masked: '张* 138****1234' },
  { case_no: null, call: PROOF.slice(0, -1) + '7', what: 'missed_call', since: ago(150 * MINUTE), tries: 3, title: '', unit_name: '', applicant_masked: '139****7702' },
]
export const BAD: BadScore[] = [
  { case_no: '261124000046', at: ago(5 * DAY), what: 'check', score: 2, title: '夜间施工噪声扰民', unit_name: '生态环境分局' },
  { case_no: '261127000088', at: ago(26 * HOUR), what: 'echo3', score: 1, title: '公园健身器材损坏', unit_name: '文化和旅游局' },
]

const back = (n: number, minutes: number, more: Partial<CallBack>): CallBack => ({
  call: PROOF.slice(0, -1) + n, number_masked: `13${n}****${1200 + n * 37}`, because: 'missed', since: ago(minutes * MINUTE), due_at: ago((minutes - 30) * MINUTE), state: 'calls', tries: 0, ended_at: null, ending: null, calls: [PROOF], ...more,
})
export const CALLBACKS: CallBack[] = [
  back(7, 150, { state: 'person', tries: 3 }), back(1, 11, { state: 'calls', tries: 1 }), back(2, 4, { state: 'new' }), back(3, 24, { because: 'cut_off', tries: 1, calls: [PROOF, PROOF] }),
  back(4, 90, { because: 'asked', state: 'settled', tries: 1, ended_at: ago(71 * MINUTE), ending: 'kept' }), back(5, 200, { state: 'joined', ended_at: ago(190 * MINUTE), ending: 'kept' }), back(6, 700, { state: 'settled', tries: 2, ended_at: ago(600 * MINUTE), ending: 'missed' }),
]

const item = (n: number, title: string, owner: string, owner_name: string, why: string, review: number, more: Partial<LedgerItem> = {}): LedgerItem => ({
  id: `l${n}`, case_no: n % 2 ? '261128000091' : null, owner, owner_name, title, why, listed_at: ago((40 + n * 11) * DAY), listed_by: '1009', review_at: ago(review * DAY), overdue: review > 0, reviews: [], struck_at: null, struck_by: null, struck_why: null, ...more,
})
export const LEDGER: LedgerItem[] = [
  item(1, '和平路低洼段积水', 'SLJ', '水利局', '管网改造等待省级资金', 6, { reviews: [{ at: ago(36 * DAY), who: '1009', text: '已报市里，资金列入明年一季度。' }] }), item(2, '老旧小区加装电梯', 'ZJJ', '住房和城乡建设局', '低层住户尚未全部同意', 2),
  item(3, '铁路沿线噪声', 'HBJ', '生态环境分局', '隔音屏由铁路部门建设', -9), item(4, '城中村燃气入户', 'ZJJ', '住房和城乡建设局', '征地范围未定', -21, { reviews: [{ at: ago(9 * DAY), who: '1009', text: '规划公示中。' }] }),
  item(5, '公交线路延伸到新区', 'JTY', '交通运输局', '道路尚未通车', -26),
  ...Array.from({ length: 257 }, (_, n) => item(20 + n, ['路口红绿灯增设', '停水区域管线更换', '公厕翻新', '校门口人行天桥'][n % 4]!, 'ZHZF', '综合行政执法局', '预算与设计', 0, { overdue: false, struck_at: ago((n + 1) * DAY), struck_by: '1009', struck_why: '已完工，群众确认' })),
  ...Array.from({ length: 19 }, (_, n) => item(300 + n, ['背街小巷路面破损', '河道清淤', '高压线迁改', '学位紧张'][n % 4]!, 'JTY', '交通运输局', '列入明年计划', -(30 + n))),
]

const figures = (seed: number): NoticeFigures => ({
  calls: 1_860 + seed * 7, cases: 146 + seed, handovers: 131 + seed, received_in_time: 127 + seed, on_time: share(121 + seed, 128 + seed), reply: share(112 + seed, 119 + seed), satisfied: share(230 + seed, 241 + seed),
  work: tally(118, 4, 2, 9), echo1: tally(118, 3), echo2: tally(112, 5, 0, 9), echo3: tally(104, 6, 0, 4), extensions: 7, redo: 3, reachable: share(3, 3),
  kinds: [['request', 61], ['complaint', 38], ['enquiry', 27], ['report', 11], ['suggestion', 7], ['praise', 2]].map(([kind, count]) => ({ kind: String(kind), count: Number(count) })),
  services: [['ZM-01', '城市照明设施报修', 31], ['HW-02', '生活垃圾清运', 22], ['SR-07', '占道经营', 17], ['LH-03', '绿化养护', 9]].map(([code, name, count]) => ({ code: String(code), name: String(name), count: Number(count) })),
  by_day: Array.from({ length: 31 }, (_, n) => ({ day: `2026-10-${String(n + 1).padStart(2, '0')}`, cases: Math.max(0, Math.round(4.6 + 3 * Math.sin(n * 1.7 + seed) + (n % 7 < 5 ? 1.5 : -3))) })),
  before: { on_time: share(116, 127), reply: share(104, 116), satisfied: share(221, 236), reachable: share(2, 3) },
})
const NAMES: [string, string][] = [['ZHZF', '综合行政执法局'], ['ZJJ', '住房和城乡建设局'], ['HBJ', '生态环境分局'], ['GAJ', '公安分局'], ['RSJ', '人力资源和社会保障局'], ['WJJ', '卫生健康局'], ['JTJ', '教育和体育局'], ['SLJ', '水利局'], ['WLJ', '文化和旅游局'], ['JTY', '交通运输局']]
const STAGES: Stage[] = ['draft', 'draft', 'signed', 'sent', 'sent', 'draft', 'sent', 'sent', 'signed', 'sent']
export const notices = (month: string): NoticePage[] =>
  NAMES.map(([unit, unit_name], n) => {
    const stage = STAGES[n]!
    return {
      month, unit, unit_name, stage, made_at: ago(29 * DAY), edited_by: n % 3 ? '1009' : null, signed_by: stage === 'draft' ? null : '1009', sent_by: stage === 'sent' ? '1009' : null, figures: figures(n),
      work: '10 月受理本单位诉求 146 件，交办 131 件，按时签收 127 件；照明设施报修与垃圾清运占一半以上，均已回访。', problems: '夜间回电不及时 7 件；二次回音以书面方式告知的 5 件，群众表示没有收到。', advice: '请安排夜间值班人员接听热线转接；书面告知后再打一次电话。',
    }
  })

const day = (n: number): FigureDay => ({
  day: new Date(ago((29 - n) * DAY)).toISOString().slice(0, 10), on_time: share(40 + (n % 5), 44 + (n % 6)), satisfied: share(61 + (n % 7), 66 + (n % 7)), within_15: share(371 + ((n * 13) % 29), 402), on_spot: share(322 + ((n * 7) % 31), 398),
})
export const FIGURES: Figures = {
  promises: [
    { what: 'missed_call', row: 1, ...tally(412, 9, 21, 4) }, { what: 'handover', row: 7, ...tally(1_310, 31, 12, 6) }, { what: 'callback', row: 8, ...tally(1_279, 66, 9, 4) }, { what: 'check', row: 9, ...tally(1_279, 3, 41, 18) }, { what: 'echo1', row: 11, ...tally(1_021, 28, 6, 37) },
    { what: 'work', row: 12, ...tally(1_021, 47, 6, 214) }, { what: 'echo2', row: 13, ...tally(1_021, 52, 6, 214) }, { what: 'echo3', row: 14, ...tally(754, 39, 2, 31) }, { what: 'urgent', row: 19, ...tally(22, 0) },
  ],
  on_time: share(1_204, 1_270), reply: share(1_098, 1_157), satisfied: share(1_961, 2_044), on_spot: share(9_830, 11_902), within_15: share(11_511, 12_088), within_30: share(11_902, 12_088), desks: share(2_322, 2_610), reachable: share(112, 117),
  last_24h: { ...share(383, 398), goal_permille: 950 }, by_day: Array.from({ length: 30 }, (_, n) => day(n)),
}

export const WEBHOOKS: Webhook[] = [
  { name: 'platform', host: 'open.qu.example.cn', types: ['call.ended', 'case.*'], acked: 182_440, head: 182_440, waiting: 0, tries: 0, next_at: null, last_at: ago(20_000), last_error: null, refused: 0 },
  { name: 'screen', host: '10.20.0.8', types: ['*'], acked: 181_902, head: 182_440, waiting: 538, tries: 6, next_at: ago(-4 * MINUTE), last_at: ago(71 * MINUTE), last_error: '503 Service Unavailable', refused: 2 },
]
