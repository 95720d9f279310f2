// Mock: knowledge as the operator and the desk use it.
import { SERVICES } from '../house'
import { json, type Route } from '../types'

const entries = SERVICES.map((service, n) => ({
  id: `k${n}`, title: `${service.name}怎么办理`, service: service.code, service_name: service.name, desks: service.desks, updated_at: Date.now() - n * 3_600_000, source: '办事指南',
  body: `【办理条件】本区户籍居民或持有居住证的居民。\n【所需材料】\n1. 本人有效身份证件；\n2. 申请表（窗口领取或网上下载）；\n3. 近期免冠照片（窗口可现场拍摄）。\n【办理流程】窗口受理 → 审核 → 制证 → 领取或邮寄。\n【办理时限】10 个工作日。\n【收费】40 元。\n【咨询】${service.name}由窗口 ${service.desks.join('、')} 办理。`,
  keywords: [service.name],
}))
export const routes: Route[] = [
  ['GET', '/knowledge', (asked) => {
    const q = asked.query.get('q') ?? ''
    const hits = entries.filter((e) => q && [...q].every((c) => e.title.includes(c))).slice(0, 20)
    return json({ took_us: 3_210, hits: hits.map((e, n) => ({ ...e, body: undefined, keywords: undefined, snippet: '本区户籍居民或持有居住证的居民，凭本人有效身份证件到窗口办理，10 个工作日。', score: 1 - n / 30, why: asked.lang === 'en' ? 'in the title' : '标题中有' })) })
  }],
  ['GET', '/knowledge/:id', (asked) => json(entries.find((e) => e.id === asked.params['id']) ?? entries[0])],
  ['POST', '/knowledge/:id/opened', () => ({ status: 204 })],
  ['GET', '/services', (asked) => json({ services: SERVICES.filter((s) => s.name.includes(asked.query.get('q') ?? '')).slice(0, 20) })],
]
