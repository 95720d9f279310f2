// Mock: knowledge and cases as the operator and the desk use them.
import { SERVICES } from '../house'
import { json, type Route } from '../types'

const entries = SERVICES.map((service, n) => ({
  id: `k${n}`, title: `${service.name}怎么办理`, service: service.code, service_name: service.name, desks: service.desks, updated_at: Date.now() - n * 3_600_000, source: '办事指南',
  body: `【办理条件】本区户籍居民或持有居住证的居民。\n【所需材料】\n1. 本人有效身份证件；\n2. 申请表（窗口领取或网上下载）；\n3. 近期免冠照片（窗口可现场拍摄）。\n【办理流程】窗口受理 → 审核 → 制证 → 领取或邮寄。\n【办理时限】10 个工作日。\n【收费】40 元。\n【咨询】${service.name}由窗口 ${service.desks.join('、')} 办理。`,
  keywords: [service.name],
}))
const cases: Record<string, unknown>[] = []

const line = (no: string, more: object = {}) => ({
  no, kind: 'enquiry', title: '身份证补领所需材料', state: 'received', unit: 'GAJ', unit_name: '公安分局', received_at: Date.now() - 120_000, due_at: null, urgent: false, applicant_masked: '张**', ...more,
})

export const routes: Route[] = [
  ['GET', '/knowledge', (asked) => {
    const q = asked.query.get('q') ?? ''
    const hits = entries.filter((e) => q && [...q].every((c) => e.title.includes(c))).slice(0, 20)
    return json({ took_us: 3_210, hits: hits.map((e, n) => ({ ...e, body: undefined, keywords: undefined, snippet: '本区户籍居民或持有居住证的居民，凭本人有效身份证件到窗口办理，10 个工作日。', score: 1 - n / 30, why: asked.lang === 'en' ? 'in the title' : '标题中有' })) })
  }],
  ['GET', '/knowledge/:id', (asked) => json(entries.find((e) => e.id === asked.params['id']) ?? entries[0])],
  ['POST', '/knowledge/:id/opened', () => ({ status: 204 })],
  ['GET', '/services', (asked) => json({ services: SERVICES.filter((s) => s.name.includes(asked.query.get('q') ?? '')).slice(0, 20) })],
  ['POST', '/cases', (asked) => {
    const no = `2611300000${String(17 + cases.length).padStart(2, '0')}`
    cases.push({ ...asked.body, no })
    return json({ no, query_code: '4827' }, 201)
  }],
  ['GET', '/cases', () => json({ cases: [line('261130000017'), line('261129000152', { title: '居住证签注', state: 'in_progress' })], next: null })],
  ['GET', '/cases/:no', (asked) => json({
    ...line(asked.params['no']!), track: 'reply', service: 'GAJ-001', service_name: '居民身份证补领', content: '市民身份证遗失，询问补领所需材料、能否异地办理、多久可以取到。', place: '本区', confidential: false, anonymous: false,
    log: [{ at: Date.now() - 120_000, who: '话务员 1001', what: 'state', text: 'state=received source=phone' }, { at: Date.now() - 60_000, who: '话务员 1001', what: 'note', text: '市民希望今天能办。' }],
    calls: [{ id: '01JDZ4Q6B3K7T2M9X5R8W1N0CV', offered_at: Date.now() - 180_000 }],
  })],
  ['POST', '/cases/:no/note', () => ({ status: 204 })],
  ['POST', '/cases/:no/attach', () => ({ status: 204 })],
]
