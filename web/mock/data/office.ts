// Mock: what is promised beside the cases: hand-overs of all units, escalations, follow-ups, missed calls.
import type { Ask, BadScore, CallBack, Escalation, Handover } from '../../src/api/promises'
import { ago, handover, PROOF } from './cases'

const MINUTE = 60_000
const HOUR = 3_600_000
const DAY = 86_400_000

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

/** What the window's units are told. */
export const UNIT_NEWS: Escalation[] = [
  esc('u1', 47, 'due_today', '261127000088', 'ZHZF', '综合行政执法局', { reader: 'unit' }), esc('u2', 5, 'disputed', '261124000046', 'ZHZF', '综合行政执法局', { reader: 'unit' }),
]

export const ASKS: Ask[] = [
  { case_no: '261126000113', call: null, what: 'echo3', since: ago(70 * MINUTE), tries: 3, title: '公租房申请进度查询', unit_name: '住房和城乡建设局', applicant_masked: '李* 186****0907' },
  { case_no: '261130000017', call: null, what: 'check', since: ago(12 * MINUTE), tries: 1, title: '小区北门外路灯不亮', unit_name: '综合行政执法局', applicant_masked: '张* 138****1234' },
  { case_no: null, call: PROOF.slice(0, -1) + '7', what: 'missed_call', since: ago(150 * MINUTE), tries: 3, title: '', unit_name: '', applicant_masked: '139****7702' },
]
export const BAD: BadScore[] = [
  { case_no: '261124000046', at: ago(5 * DAY), what: 'check', score: 2, escalation: 'e9', title: '夜间施工噪声扰民', unit_name: '生态环境分局' },
  { case_no: '261127000088', at: ago(26 * HOUR), what: 'echo3', score: 1, escalation: 'e10', title: '公园健身器材损坏', unit_name: '文化和旅游局' },
]

const back = (n: number, minutes: number, more: Partial<CallBack>): CallBack => ({
  call: PROOF.slice(0, -1) + n, number_masked: `13${n}****${1200 + n * 37}`, because: 'missed', since: ago(minutes * MINUTE), due_at: ago((minutes - 30) * MINUTE), state: 'calls', tries: 0, ended_at: null, ending: null, calls: [PROOF], ...more,
})
export const CALLBACKS: CallBack[] = [
  back(7, 150, { state: 'person', tries: 3 }), back(1, 11, { state: 'calls', tries: 1 }), back(2, 4, { state: 'new' }), back(3, 24, { because: 'cut_off', tries: 1, calls: [PROOF, PROOF] }),
  back(4, 90, { because: 'asked', state: 'settled', tries: 1, ended_at: ago(71 * MINUTE), ending: 'kept' }), back(5, 200, { state: 'joined', ended_at: ago(190 * MINUTE), ending: 'kept' }), back(6, 700, { state: 'settled', tries: 2, ended_at: ago(600 * MINUTE), ending: 'missed' }),
]
