// Mock: cases in every stage of their promises, as they stand now.
import type { CaseLog, CasePage, Step } from '../../src/api/cases'
import type { CasePromise, Echo, Handover, What } from '../../src/api/promises'

const MINUTE = 60_000
const HOUR = 3_600_000
const DAY = 86_400_000
const BEGAN = Date.now()
export const ago = (ms: number) => BEGAN - ms
export const PROOF = '01JDZ4Q6B3K7T2M9X5R8W1N0CV'
/** The same call as facts write it: hex. */
const PROOF_HEX = '0193bf4b996b99f4546e65a5882aa19b'
const ROW: Record<What, number> = { handover: 7, callback: 8, check: 9, echo1: 11, work: 12, echo2: 13, echo3: 14, urgent: 19, missed_call: 1 }

export const promise = (what: What, from_at: number, due_at: number, more: Partial<CasePromise> = {}): CasePromise => ({
  what, row: ROW[what], from_at, due_at, provisional: false, ended_at: null, ending: null, why: null, proof: null, call: null, late_at: null, disputed: false, ...more,
})
const kept = (what: What, from: number, due: number, at: number, proven = true) =>
  promise(what, from, due, { ended_at: at, ending: 'kept', proof: proven ? 'proven' : 'claimed', call: proven ? PROOF : null })

export const handover = (no: string, title: string, unit: string, unit_name: string, more: Partial<Handover> = {}): Handover => ({
  case_no: no, title, kind: 'request', unit, unit_name, no: 1, round: 1, planned_at: ago(2 * HOUR), made_at: ago(2 * HOUR), received_at: null, received_by: null, channel: null,
  refused_at: null, refuse_reason: null, urgent: false, case_state: 'handed_over', call_back: null, work_due_at: null, may_connect: true, ...more,
})
const echo = (no: number, due_at: number, more: Partial<Echo> = {}): Echo => ({ round: 1, no, due_at, at: null, method: null, told_by: null, promised_due: null, proof: null, call: null, ...more })

let line = 0
const fact = (at: number, kind: string, what: string, who = 'house'): CaseLog => ({ no: ++line, at, who, kind, what, source: 'fact' })
const log = (at: number, who: string, kind: string, what: string): CaseLog => ({ no: ++line, at, who, kind, what, source: 'log' })

const page = (no: string, title: string, unit: string, unit_name: string, state: string, received: number, more: Partial<CasePage> = {}): CasePage => {
  const promises = more.promises ?? []
  const open = promises.filter((p) => !p.ending).sort((a, b) => a.due_at - b.due_at)[0]
  return {
    no, kind: 'request', title, state, unit, unit_name, received_at: received, due_at: promises.find((p) => p.what === 'work')?.due_at ?? null, urgent: false, applicant_masked: '张* 138****1234', round: 1,
    next: open ? { what: open.what, due_at: open.due_at, from_at: open.from_at, provisional: open.provisional } : null, supervised: false, blocked: false, extension: null, track: 'case', service: null, service_name: null,
    content: '市民反映：小区北门外人行道的路灯有六盏不亮，晚上老人和放学的孩子走路不安全，上月报过一次，修好三天又坏了。希望尽快修复并告知处理结果。', place: '泰山路 18 号幸福小区北门', confidential: false, anonymous: false,
    log: [log(received, '话务员 1001', 'state', 'state=received source=phone')], calls: [{ id: PROOF, offered_at: received - 180_000 }], promises, handovers: [], echoes: [], extensions: [], check: 'nobody', echo3: 'nobody',
    steps: ['flag', 'merge'] as Step[], ...more,
  }
}

function running(): CasePage {
  const got = ago(7 * MINUTE + 20_000)
  const made = got - 3 * MINUTE
  const due = got + 7 * DAY
  const promises = [
    kept('handover', made, made + HOUR, got), promise('callback', got, got + 10 * MINUTE), promise('check', made, made + HOUR), promise('echo1', got, got + DAY), promise('work', got, due, { provisional: true }), promise('echo2', got, due, { provisional: true }),
  ]
  return page('261130000017', '小区北门外路灯不亮', 'ZHZF', '综合行政执法局', 'accepted', made - 4 * MINUTE, {
    promises, service_name: '城市照明设施报修',
    handovers: [handover('261130000017', '小区北门外路灯不亮', 'ZHZF', '综合行政执法局', { planned_at: made, made_at: made, received_at: got, received_by: '3022', channel: 'keys', case_state: 'accepted', call_back: { due_at: got + 10 * MINUTE, ended_at: null, ending: null, proof: null }, work_due_at: due })],
    echoes: [echo(1, got + DAY), echo(2, due), echo(3, due + DAY)],
    log: [
      log(made - 4 * MINUTE, '话务员 1001', 'state', 'state=received source=phone'), fact(made - 3 * MINUTE, 'assigned', 'unit=ZHZF', '1001'), fact(made, 'state', 'state=handed_over'), fact(made, 'promised', `of=handover from=${made} due=${made + HOUR} provisional=false`),
      fact(made + MINUTE, 'tried', 'of=handover miss=no_answer'), fact(got, 'received', 'by=3022 channel=keys', '3022'), fact(got, 'ended', `of=handover end=kept proven=${PROOF_HEX}`), fact(got, 'promised', `of=callback from=${got} due=${got + 10 * MINUTE} provisional=false`),
      log(got + MINUTE, '话务员 1001', 'note', '市民下午四点前方便接电话。'),
    ],
    steps: ['called_back', 'returned', 'echo1', 'echo2', 'reported', 'checked', 'ask_extension', 'merge', 'give_up', 'flag'],
  })
}

function second(): CasePage {
  const begun = ago(6 * DAY)
  const due = ago(3 * HOUR)
  const again = ago(2 * DAY)
  return page('261124000046', '夜间施工噪声扰民', 'HBJ', '生态环境分局', 'extension_asked', begun, {
    kind: 'complaint', round: 2, supervised: true, extension: 3, applicant_masked: '王** 139****5521', due_at: ago(-2 * HOUR),
    content: '市民反映工地夜间十一点后仍有打桩声，已多次投诉。第一轮办理后三天又开始施工。',
    promises: [
      kept('handover', begun, begun + HOUR, begun + 9 * MINUTE), promise('callback', begun + 9 * MINUTE, begun + 19 * MINUTE, { ended_at: begun + 19 * MINUTE, ending: 'missed', why: 'no_call_back', late_at: begun + 47 * MINUTE }),
      kept('check', begun, begun + HOUR, begun + HOUR), { ...kept('echo1', begun, begun + DAY, begun + 3 * HOUR, false), disputed: true }, promise('echo3', begun + 2 * DAY, begun + 3 * DAY, { ended_at: begun + 3 * DAY, ending: 'missed', why: 'not_reached' }),
      promise('work', again, ago(-2 * HOUR)), promise('echo2', again, due),
    ],
    handovers: [
      handover('261124000046', '', 'ZJJ', '住房和城乡建设局', { planned_at: begun - HOUR, made_at: begun - HOUR, refused_at: begun - 40 * MINUTE, refuse_reason: '夜间噪声由生态环境部门管理' }),
      handover('261124000046', '', 'HBJ', '生态环境分局', { no: 2, planned_at: begun, made_at: begun, received_at: begun + 9 * MINUTE, received_by: '3013', channel: 'keys', call_back: { due_at: begun + 19 * MINUTE, ended_at: begun + 19 * MINUTE, ending: 'missed', proof: null } }),
      handover('261124000046', '', 'HBJ', '生态环境分局', { no: 3, round: 2, planned_at: again, made_at: again, received_at: again + 4 * MINUTE, received_by: '3013', channel: 'operator', call_back: { due_at: again + 14 * MINUTE, ended_at: again + 8 * MINUTE, ending: 'kept', proof: 'proven' } }),
    ],
    echoes: [
      echo(1, again + DAY, { round: 2, at: again + 8 * MINUTE, method: 'phone', told_by: '3013', promised_due: ago(-2 * DAY), proof: 'proven', call: PROOF }),
      echo(2, due, { round: 2, at: ago(4 * HOUR), method: 'written', told_by: '3013', proof: 'claimed' }), echo(3, ago(-DAY), { round: 2 }),
    ],
    extensions: [
      { no: 1, round: 1, asked_at: begun + 3 * DAY, days: 5, reason: '需会同城管取证', answered_at: begun + 3 * DAY + HOUR, granted: 2, answer_reason: '请先责令夜间停工' },
      { no: 2, round: 2, asked_at: ago(5 * HOUR), days: 3, reason: '隔音屏障周五到货', answered_at: null, granted: null, answer_reason: null },
    ],
    log: [
      log(begun - 2 * HOUR, '话务员 1004', 'state', 'state=received source=phone'), fact(begun - HOUR, 'assigned', 'unit=ZJJ', '1004'), fact(begun - 40 * MINUTE, 'returned', 'text=夜间噪声由生态环境部门管理', '3014'), fact(begun, 'assigned', 'unit=HBJ', '1004'),
      fact(begun + 19 * MINUTE, 'ended', 'of=callback end=missed why=no_call_back'), fact(begun + 47 * MINUTE, 'late', `of=callback proven=${PROOF_HEX}`), fact(begun + HOUR, 'scored', 'of=check first=false score=2 by=dtmf'),
      fact(begun + 3 * HOUR, 'told', `of=echo1 method=face claimed=true by=3013 until=${begun + 4 * DAY}`, '3013'), fact(begun + 2 * DAY, 'disputed', 'of=echo1'), fact(again, 'round', 'round=2'), fact(ago(5 * HOUR), 'extension_asked', 'days=3 text=隔音屏障周五到货', '3013'),
      fact(ago(4 * HOUR), 'flag', 'flag=supervised on=true', '1009'),
    ],
    steps: ['answer_extension', 'give_up', 'merge', 'flag'],
  })
}

function asking(): CasePage {
  const begun = ago(4 * DAY)
  return page('261126000113', '公租房申请进度查询', 'ZJJ', '住房和城乡建设局', 'checking', begun, {
    kind: 'enquiry', applicant_masked: '李* 186****0907', echo3: 'person',
    promises: [kept('handover', begun, begun + HOUR, begun + 5 * MINUTE), kept('callback', begun + 5 * MINUTE, begun + 15 * MINUTE, begun + 11 * MINUTE), kept('work', begun, ago(-2 * DAY), ago(DAY), false), promise('echo3', ago(DAY), ago(-70 * MINUTE))],
    echoes: [echo(1, begun + DAY, { at: begun + 11 * MINUTE, method: 'phone', told_by: '3014', proof: 'proven', call: PROOF }), echo(2, ago(-2 * DAY), { at: ago(DAY), method: 'phone', told_by: '3014', proof: 'claimed' }), echo(3, ago(-70 * MINUTE))],
    handovers: [handover('261126000113', '', 'ZJJ', '住房和城乡建设局', { planned_at: begun, made_at: begun, received_at: begun + 5 * MINUTE, received_by: '3014', channel: 'keys', call_back: { due_at: begun + 15 * MINUTE, ended_at: begun + 11 * MINUTE, ending: 'kept', proof: 'proven' } })],
    steps: ['asked', 'give_up', 'merge', 'flag'],
  })
}

export const CASES: CasePage[] = [
  running(), second(), asking(),
  page('261130000025', '老人晕倒，社区卫生站无人', 'WJJ', '卫生健康局', 'handed_over', ago(2 * MINUTE), { urgent: true, kind: 'request', promises: [promise('urgent', ago(90_000), ago(-30_000)), promise('handover', ago(90_000), ago(-58 * MINUTE))], steps: ['received', 'flag'], handovers: [handover('261130000025', '', 'WJJ', '卫生健康局', { urgent: true, planned_at: ago(90_000), made_at: ago(90_000) })] }),
  page('261130000033', '身份证补领所需材料', 'GAJ', '公安分局', 'received', ago(6 * MINUTE), { kind: 'enquiry', track: 'reply', unit: '', unit_name: '', promises: [], steps: ['hand_over', 'settle_on_spot', 'settle_three_way', 'merge', 'flag'] }),
  page('261127000088', '公园健身器材损坏', 'WLJ', '文化和旅游局', 'in_progress', ago(3 * DAY), { promises: [promise('work', ago(3 * DAY), ago(9 * HOUR)), promise('echo2', ago(3 * DAY), ago(9 * HOUR))], applicant_masked: '赵** 135****8810', steps: ['echo2', 'reported', 'flag'] }),
  page('261128000091', '道路积水', 'SLJ', '水利局', 'in_progress', ago(2 * DAY), { blocked: true, promises: [promise('work', ago(2 * DAY), ago(-4 * DAY)), promise('echo2', ago(2 * DAY), ago(-4 * DAY))], applicant_masked: '', confidential: true, steps: ['echo2', 'reported', 'flag'] }),
  page('261129000104', '小学入学登记时间', 'JTJ', '教育和体育局', 'reported', ago(DAY), { kind: 'enquiry', promises: [promise('echo3', ago(3 * HOUR), ago(-21 * HOUR))], applicant_masked: '陈** 150****3366', steps: ['asked', 'flag'] }),
  page('261129000152', '居住证签注', 'GAJ', '公安分局', 'returned', ago(DAY + 2 * HOUR), { kind: 'enquiry', promises: [], steps: ['reassign', 'merge', 'flag'] }),
  page('261102000123', '楼道堆放杂物', 'ZHZF', '综合行政执法局', 'archived', ago(28 * DAY), { kind: 'report', anonymous: true, applicant_masked: '', promises: [kept('work', ago(28 * DAY), ago(21 * DAY), ago(23 * DAY))], steps: [] }),
]
