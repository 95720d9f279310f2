// Mock: keepers of the information base, accounts, audit.
import { json, type Route } from '../types'

const ago = (minutes: number) => Date.now() - minutes * 60_000
let synonyms = [['身份证', '居民身份证', '二代证'], ['社保', '社会保险'], ['公积金', '住房公积金'], ['营业执照', '工商登记']]
const users = [
  { user: 'admin', name: '管理员', role: 'admin', staff: null, locked: false, second_factor: true, signed_in_at: ago(3) },
  { user: 'wang', name: '王工', role: 'admin', staff: null, locked: false, second_factor: false, signed_in_at: ago(4000) },
  { user: 'wangli', name: '王丽', role: 'operator', staff: '1001', locked: false, second_factor: false, signed_in_at: ago(20) },
  { user: 'limin', name: '李敏', role: 'desk', staff: '2012', locked: true, second_factor: false, signed_in_at: ago(90_000) },
  { user: 'chengang', name: '陈刚', role: 'supervisor', staff: '1009', locked: false, second_factor: true, signed_in_at: ago(40) },
  { user: 'zhaoshen', name: '赵审', role: 'auditor', staff: null, locked: false, second_factor: true, signed_in_at: null },
]
const deeds = [
  ['call.unmask', 'supervisor', '01JDZ4Q6B3K7T2M9X5R8W1N0CV', '来电人要求核对'], ['recording.heard', 'supervisor', '01JDZ4Q6B3K7T2M9X5R8W1N0CV/1', '复核投诉'], ['config.published', 'admin', '7', '户籍窗口周六上午延长到 12 点'],
  ['session.begun', 'operator', 'wangli', ''], ['session.refused', '', 'limin', '<script>alert(1)</script>'], ['call.box', 'auditor', '01JDZ4Q6B3K7T2M9X5R8W1N0CV', ''], ['user.reset', 'admin', 'limin', ''], ['order.bridge', 'operator', '01JDZ4Q6B3K7T2M9X5R8W1N0CV', 'done'],
]

export const routes: Route[] = [
  ['GET', '/knowledge/usage', () => json({
    entries: 50_000,
    most: [['k1', '居民身份证补领怎么办理', 412], ['k2', '社保卡挂失补办', 388], ['k3', '公积金提取条件', 301], ['k4', '小学入学登记', 275]].map(([id, title, opened]) => ({ id, title, opened })),
    misses: [['电动车上牌', 31, 12], ['宠物证', 17, 45], ['二维码门牌', 9, 300]].map(([q, count, minutes]) => ({ q, count, last_at: ago(Number(minutes)) })),
    synonyms,
  })],
  ['PUT', '/knowledge/synonyms', (asked) => {
    synonyms = asked.body.groups
    return { status: 204 }
  }],
  ['POST', '/knowledge/import', (asked) => {
    const rows = asked.text.split('\n').filter((l) => l.trim() !== '')
    const faults = rows.flatMap((l, n) => (l.includes(',,') ? [{ row: n + 1, zh: '标题为空；请补上标题', en: 'The title is empty: give it one' }] : []))
    const dry = asked.query.get('dry_run') === 'true' || faults.length > 0
    return json({ applied: !dry, added: Math.max(0, rows.length - 1 - faults.length), changed: 2, removed: asked.query.get('mode') === 'replace' ? 14 : 0, same: 3, faults })
  }],
  ['POST', '/knowledge', () => json({ id: 'k1' }, 201)],
  ['PUT', '/knowledge/:id', () => ({ status: 204 })],
  ['DELETE', '/knowledge/:id', () => ({ status: 204 })],
  ['GET', '/users', () => json({ users })],
  ['POST', '/users', (asked) => {
    const made = { ...asked.body, locked: false, second_factor: false, signed_in_at: null, password: undefined }
    users.push(made)
    return json(made, 201)
  }],
  ['PATCH', '/users/:user', (asked) => json(Object.assign(users.find((u) => u.user === asked.params['user']) ?? {}, asked.body))],
  ['DELETE', '/users/:user', (asked) => {
    users.splice(users.findIndex((u) => u.user === asked.params['user']), 1)
    return { status: 204 }
  }],
  ['POST', '/users/:user/reset', () => ({ status: 204 })],
  ['GET', '/audit', (asked) => {
    const what = asked.query.get('what') ?? ''
    const lines = Array.from({ length: 40 }, (_, n) => {
      const [deed = '', role = '', target = '', detail = ''] = deeds[n % deeds.length] ?? []
      return { id: `01JDZ4Q6B3K7T2M9X5R8WAUD${String(n).padStart(2, '0')}`, at: ago(n * 37), who: ['admin', 'chengang', 'wangli', 'zhaoshen'][n % 4], role, what: deed, target, from: '192.0.2.31', detail }
    })
    return json({ lines: lines.filter((l) => l.what.startsWith(what)), next: what ? null : '01JDZ4Q6B3K7T2M9X5R8WAUD39' })
  }],
]
