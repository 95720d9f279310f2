// Mock: signing in. Any of the users below with the password `hotline`; admin also needs the code 123456.
import { readFileSync } from 'node:fs'
import type { Role, Session } from '../../src/api/session'
import { house } from '../house'
import { json, refuse, type Asked, type Route } from '../types'

const who = (user: string, name: string, role: Role, staff: string | null, phone: string | null, desks: string[] = []): Session => ({
  user, name, role, staff, phone, desks, lang: 'zh-CN', second_factor: role === 'admin', must_enrol: false, must_change: false, idle_seconds: 900, zone: 'Asia/Shanghai',
})
export const USERS: Record<string, Session> = {
  operator: who('operator', '王丽', 'operator', '1001', 'op1'),
  desk: who('desk', '李敏', 'desk', '2012', 'desk012', ['012', '015']),
  supervisor: who('supervisor', '陈刚', 'supervisor', '1009', 'lead1'),
  auditor: who('auditor', '赵审', 'auditor', null, null),
  admin: who('admin', '管理员', 'admin', null, null),
  citizen: who('citizen', '试拨市民', 'citizen', null, 'citizen'),
  newadmin: { ...who('newadmin', '新管理员', 'admin', null, null), second_factor: false, must_enrol: true },
  newcomer: { ...who('newcomer', '新同事', 'operator', '1003', 'op3'), must_change: true },
}
/** Wrong passwords in a row, by tab. */
const wrong = new Map<string, number>()

const noSession = refuse(401, 'no_session', '请先登录。', 'Please sign in.')

function signIn(asked: Asked) {
  const { user, password, code } = asked.body as { user: string; password: string; code?: string }
  const found = USERS[user]
  if (!found || password !== 'hotline') {
    wrong.set(asked.tab, (wrong.get(asked.tab) ?? 0) + 1)
    if ((wrong.get(asked.tab) ?? 0) >= 5) {
      wrong.delete(asked.tab)
      return refuse(429, 'locked_out', '账号已锁定。', 'The account is locked.', { retry_after: 272 })(asked)
    }
    return refuse(401, 'wrong_credentials', '用户名或密码不对。', 'User name or password is wrong.')(asked)
  }
  if (found.second_factor && code !== '123456') return refuse(401, 'second_factor_needed', '需要验证码。', 'A code is needed.')(asked)
  return json((house(asked.tab).session = { ...found }))
}

/** HOUSE_SIP=ws://127.0.0.1:5066 HOUSE_SECRETS=data/secrets.toml: the phones of the mock register with a real house. */
function registered(user: string) {
  const { HOUSE_SIP: ws, HOUSE_SECRETS: secrets } = process.env
  if (!ws || !secrets) return null
  const name = user === 'citizen' ? 'citizen1' : user
  const password = new RegExp(`^"?${name}"? = "([^"]*)"`, 'm').exec(readFileSync(secrets, 'utf8'))?.[1] ?? ''
  return { ws: [ws], uri: `sip:${name}@hotline`, user: name, password, realm: 'hotline', until: Date.now() + 3_600_000, number: '89000' }
}

export const routes: Route[] = [
  ['GET', '/session', (asked) => {
    const session = house(asked.tab).session
    return session ? json(session) : noSession(asked)
  }],
  ['POST', '/session', signIn],
  ['DELETE', '/session', (asked) => {
    house(asked.tab).session = null
    return { status: 204 }
  }],
  ['POST', '/session/password', (asked) => {
    const at = house(asked.tab)
    if (asked.body.old !== 'hotline') return refuse(401, 'wrong_credentials', '现在的密码不对。', 'The present password is wrong.')(asked)
    if (at.session) at.session = { ...at.session, must_change: false }
    return { status: 204 }
  }],
  ['POST', '/session/second-factor', () => json({ secret: 'JBSWY3DPEHPK3PXPJBSWY3DP', uri: 'otpauth://totp/hotline:admin?secret=JBSWY3DPEHPK3PXPJBSWY3DP&issuer=hotline' })],
  ['POST', '/session/second-factor/confirm', (asked) => {
    const session = house(asked.tab).session
    if (asked.body.code !== '123456' || !session) return refuse(401, 'wrong_code', '验证码不对。', 'That code is wrong.')(asked)
    house(asked.tab).session = { ...session, must_enrol: false, second_factor: true }
    return { status: 204 }
  }],
  ['GET', '/setup', (asked) => json({ needed: asked.tab === 'first', trial: true })],
  ['POST', '/setup', (asked) => (asked.body.token === 'token' ? { status: 201 } : refuse(401, 'wrong_token', '令牌不对或已用过。', 'The token is wrong or used.')(asked))],
  ['POST', '/trial', (asked) => json((house(asked.tab).session = { ...(USERS[asked.body.as as string] ?? USERS['operator']!), second_factor: false }))],
  ['POST', '/phone', (asked) => {
    const user = house(asked.tab).session?.phone ?? 'none'
    const real = registered(user)
    if (real) return json(real)
    return json({
      ws: [`ws://${asked.host}/sip?tab=${asked.tab}`], uri: `sip:${user}@hotline`, user, password: 'mock', realm: 'hotline',
      until: Date.now() + 3_600_000, number: '89000',
    })
  }],
]
