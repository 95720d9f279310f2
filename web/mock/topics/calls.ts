// Mock: the live board and the orders on a call.
import { board, CALL, go, house, levels, NAMES, type Moment } from '../house'
import { done, json, refuse, type Asked, type Route } from '../types'

const order = (what: string, act: (asked: Asked) => void): Route => ['POST', `/calls/:id/${what}`, (asked) => {
  act(asked)
  return done
}]
const to = (moment: Moment) => (asked: Asked) => go(house(asked.tab), moment)
const changed = (asked: Asked) => house(asked.tab).listeners.forEach((tell) => tell())

function bring(asked: Asked) {
  const at = house(asked.tab)
  if (asked.body.desk === '007' && !asked.body.override_reason) {
    return refuse(409, 'desk_closed', '窗口 007 现在不办公。', 'Window 007 is closed.', { next_open: Date.now() + 7_200_000 })(asked)
  }
  at.desk = asked.body.desk ?? '012'
  go(at, asked.body.mode === 'consult' ? 'consult' : 'bridging')
  return done
}

const RECORD = (n: number) => ({
  id: `01JDZ4Q6B3K7T2M9X5R8W1N${String(n).padStart(3, '0')}`, caller_masked: `13${n % 10}****${1200 + n}`, lang: 'zh-CN', offered_at: Date.now() - n * 1_730_000,
  answered_at: Date.now() - n * 1_730_000 + 7_000, ended_at: Date.now() - n * 1_730_000 + 187_000 + n * 1000, wait_ms: 5_000 + n * 321, operator_id: String(1001 + (n % 8)), operator_name: NAMES[n % 8],
  outcome: (['on_spot', 'bridged', 'case_opened', 'on_spot', 'abandoned', 'handed_over'] as const)[n % 6], case_no: n % 6 === 2 ? '261130000017' : null, urgent: n === 4,
  cause: { zh: '正常结束', en: 'Ended normally', reason: 'normal' },
})

export const routes: Route[] = [
  ['GET', '/board', (asked) => ({
    stream: (send) => {
      const at = house(asked.tab)
      const tell = () => send('board', board(at))
      tell()
      at.listeners.add(tell)
      const timer = setInterval(tell, 1000)
      // As the house: how loud each leg is, five times a second.
      const loud = setInterval(() => send('levels', levels(at)), 200)
      return () => {
        clearInterval(timer)
        clearInterval(loud)
        at.listeners.delete(tell)
      }
    },
  })],
  ['POST', '/mock/moment', (asked) => {
    const at = house(asked.tab)
    at.held = at.muted = false
    go(at, asked.body.moment as Moment)
    return done
  }],
  ['POST', '/calls/:id/bridge', bring],
  order('merge', to('three')),
  order('drop', to('talk')),
  order('leave', to('talk_desk')),
  order('recall', to('recover')),
  order('survey', to('wrap_up')),
  order('hang-up', to('wrap_up')),
  order('emergency', to('bridging')),
  order('recording', () => {}),
  order('hold', (asked) => {
    house(asked.tab).held = asked.body.on
    changed(asked)
  }),
  order('mute', (asked) => {
    house(asked.tab).muted = asked.body.on
    changed(asked)
  }),
  order('accept', to('desk_talk')),
  order('decline', to('idle')),
  order('supervise', () => {}),
  order('outcome', (asked) => {
    house(asked.tab).outcome = true
    go(house(asked.tab), 'idle')
  }),
  ['POST', '/calls/:id/unmask', () => json({ number: '13800001234' })],
  ['POST', '/desks/:no/closed', (asked) => {
    const at = house(asked.tab)
    if (asked.body.until === null) delete at.closed[asked.params['no']!]
    else at.closed[asked.params['no']!] = asked.body.until
    changed(asked)
    return done
  }],
  ['POST', '/operators/:staff/state', (asked) => {
    go(house(asked.tab), asked.body.state === 'break' ? 'break' : 'idle')
    return done
  }],
  ['GET', '/calls', () => json({ calls: Array.from({ length: 30 }, (_, n) => RECORD(n + 1)), next: null })],
  ['GET', '/calls/:id/earlier', () => json({
    cases: [
      { no: '261102000123', kind: 'request', title: '小区路灯不亮', state: 'archived', unit: 'ZHZF', unit_name: '综合行政执法局', received_at: Date.now() - 28 * 86_400_000, due_at: null, urgent: false, applicant_masked: '张**' },
      { no: '261128000045', kind: 'complaint', title: '夜间施工噪声', state: 'in_progress', unit: 'HBJ', unit_name: '生态环境分局', received_at: Date.now() - 2 * 86_400_000, due_at: Date.now() + 3 * 86_400_000, urgent: true, applicant_masked: '张**' },
    ],
    calls: [1, 2, 3].map((n) => ({ id: CALL.slice(0, -1) + n, offered_at: Date.now() - n * 9 * 86_400_000, outcome: n === 2 ? 'bridged' : 'on_spot', operator: `100${n}`, operator_name: NAMES[n - 1], duration_ms: 61_000 * n })),
  })],
]
